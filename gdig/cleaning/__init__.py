"""Rules that reject a pair, duplicates, decontamination."""
