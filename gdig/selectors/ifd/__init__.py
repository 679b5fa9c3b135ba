"""IFD: the pre-experienced model and the ranking."""
