"""Comparison of selectors and revisions."""
