"""Tables exported for people to fill in, and returned."""
