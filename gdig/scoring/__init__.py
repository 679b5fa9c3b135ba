"""Scores of translations: BLEU, chrF, COMET, BLEURT."""
