"""Gains over pools, with their intervals."""
