"""Selectors over grids of pools and noise."""
