"""Selectors compared over grids of pools and noise."""
