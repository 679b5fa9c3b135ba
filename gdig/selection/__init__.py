"""G-DIG's two steps, and how likely each pair is sound."""
