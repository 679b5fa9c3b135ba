"""Causal language models: loading, training a small one from scratch, losses, and which linears are tracked."""
