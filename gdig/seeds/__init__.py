"""Seed pairs: drawn, sent out, revised by people (or the oracle that stands in for them), checked on return."""
