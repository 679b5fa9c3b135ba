"""Selectors compared by score per share of the pool, as in the survey (arXiv 2406.14115)."""
