"""Nuggets: gains of anchors from a single demonstration."""
