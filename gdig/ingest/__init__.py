"""Raw pairs: sources, readers, downloads, the embedded grammar, planted noise."""
