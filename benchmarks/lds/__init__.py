"""Variants of influence, held against retraining."""
