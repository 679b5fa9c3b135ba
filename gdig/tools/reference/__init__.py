"""Writes docs/params.md and docs/stages.md."""
