"""Seed pairs: drawn, revised by people (or the oracle that stands in for them), checked on return."""
