"""Selectors side by side, of one workspace or of several revisions and experiments: `python -m gdig.compare A B`."""
