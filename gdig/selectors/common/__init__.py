"""Inputs of several optional selectors: embeddings, representations, response losses."""
