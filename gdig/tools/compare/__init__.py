"""Selectors and revisions side by side."""
