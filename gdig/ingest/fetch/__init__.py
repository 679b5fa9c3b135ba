"""Downloads: resumable, locked by hash. `python -m gdig.ingest.fetch` fetches ahead of a run."""
