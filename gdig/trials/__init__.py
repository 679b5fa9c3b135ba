"""Trials: the cells in short. Finetuning on the first pairs of every ranking, scored and forgotten."""
