"""Figures of the report as Vega-Lite specifications.

Specifications are plain dicts: altair adds its own config and schema version, which changes the bytes of every SVG.
"""
