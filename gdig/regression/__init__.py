"""Regression on finetuning runs: what subsets of the pool are like, and the validation loss that comes of them."""
