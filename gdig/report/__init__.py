"""What a run shows: figures, the comparison in focus, and the report page."""
