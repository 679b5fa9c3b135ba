"""G-DIG with clusters of sentence embeddings in place of gradients: survivors and round-robin are the same."""

from gdig.selectors.gdig import rank

__all__ = ["rank"]
