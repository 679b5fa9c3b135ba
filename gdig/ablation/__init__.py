"""Ablations: sets of experiments that differ in one thing, run through DVC and compared: `python -m gdig.ablation`."""
