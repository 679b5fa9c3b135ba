"""Influence of candidates on seeds: seed gradients preconditioned by the curvature, contracted with candidates'."""
