"""The subsets as a dataset to hand on: rows, layouts, and the card that says what they are."""
