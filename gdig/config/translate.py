"""Section of translation."""

from typing import Literal

from gdig.config.section import Count, Positive, Precision, Section


class Translate(Section):
    """Decoding of the evaluation split."""

    split: Literal["valid", "test"]
    backend: Literal["transformers", "ctranslate2"]
    dtype: Precision
    num_beams: Count
    length_penalty: float
    max_tokens: Count
    max_length_ratio: Positive
    max_length_extra: Count
