"""Selectors compared by score per share of the pool."""
