"""Influence of candidates on seeds: seed gradients, preconditioned by the curvature, times candidate gradients."""
