"""The report of a run: figures, files for DVC, and the page."""
