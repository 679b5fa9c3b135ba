"""Export of the subsets as a dataset: rows, layouts and dataset card."""
