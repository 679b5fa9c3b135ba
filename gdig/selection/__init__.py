"""The two steps of G-DIG, and the probability that each pair is clean."""
