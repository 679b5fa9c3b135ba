"""A judge, any model behind an OpenAI-compatible endpoint, asked of every pair; no answer is asked for twice."""
