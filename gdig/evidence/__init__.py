"""Evidence: selectors over many pools, noise rates and noise kinds, as DVC experiments: `python -m gdig.evidence`."""
