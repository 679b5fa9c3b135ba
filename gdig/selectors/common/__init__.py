"""Inputs of several optional selectors: embeddings, representations, token losses."""
