"""Tiny encoders for the selectors that read sentence embeddings."""

from tests.encoders import encoder_folder, word_tokenizer  # noqa: F401
