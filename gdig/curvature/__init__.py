"""K-FAC curvature of the tracked linears: statistics, eigenbases, damping, storage."""
