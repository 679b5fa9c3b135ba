"""Beam search over the evaluation split: prompts in batches of like length, two backends, a journal to go on from."""
