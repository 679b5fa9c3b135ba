"""Reward model and ranking by reward."""
