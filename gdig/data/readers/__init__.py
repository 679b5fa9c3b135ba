"""Parallel text in files: a reader of each format yields every row, or why it cannot be used."""
