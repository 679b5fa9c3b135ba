"""What several optional selectors read: embeddings, representations, token losses."""
