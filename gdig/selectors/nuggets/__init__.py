"""Nuggets: gains of anchors from one demonstration."""
