"""Beam search over the evaluation split: length-sorted batches, two backends, a journal to resume from."""
