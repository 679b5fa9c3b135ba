"""Where a pair came from, which its id says."""


def corpus_of(pair_id: str) -> str:
    """Return the name of the source that a pair came from: its id up to the last `-`."""
    return pair_id.rpartition("-")[0]
