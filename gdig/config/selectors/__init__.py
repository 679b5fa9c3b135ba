"""Sections of selectors, a file for those of one kind."""
