"""Cleaning: rules for single pairs, duplicates, decontamination."""
