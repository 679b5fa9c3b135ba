"""Seed pairs: draw drafts, export them to revisers, check and import the revision (or use the oracle)."""
