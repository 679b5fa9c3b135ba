"""Scores of pairs as bitext: how well the sides fit each other, or the seeds; one file per score, higher = better."""
