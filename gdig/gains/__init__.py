"""What selectors gained over pools: committed results of grids, read, with intervals."""
