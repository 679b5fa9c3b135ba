"""Translations against references: scores, and counts of what no score shows."""
