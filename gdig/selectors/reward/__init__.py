"""Reward model, and the ranking by reward."""
