"""Joint G-DIG: estimate which pairs are clean from controls, then maximise quality and diversity together."""
