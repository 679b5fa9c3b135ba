"""Translations judged by people."""
