"""LESS: warm-up, projected gradients, ranking."""
