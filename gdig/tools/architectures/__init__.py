"""Builds every causal architecture of transformers tiny, runs everything on it, writes docs/architectures.md."""
