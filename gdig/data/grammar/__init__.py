"""A seeded German-English grammar: the text of the embedded default, with no download."""
