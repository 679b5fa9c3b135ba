"""MoDS: quality, coverage, necessity."""
