"""Indicators of a pair that need no training: lengths, words, neighbours, similarity of the two sides."""
