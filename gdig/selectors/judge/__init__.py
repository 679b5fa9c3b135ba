"""Asks an endpoint about every pair: client, answers kept, prompts, the embedded stand-in."""
