"""From raw text to clean, disjoint pairs, and from pairs to batches of tokens."""
