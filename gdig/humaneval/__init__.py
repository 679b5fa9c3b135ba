"""Translations judged by people: blind sheets out, the numbers of a table back."""
