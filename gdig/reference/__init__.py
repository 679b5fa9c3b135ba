"""The reference pages docs/params.md and docs/stages.md, made from the code."""
