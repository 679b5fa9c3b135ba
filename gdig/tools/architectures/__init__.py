"""Builds every causal architecture of transformers tiny, runs what selection needs on it, writes docs/architectures.md."""
