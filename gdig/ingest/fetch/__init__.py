"""Downloads: resumable and verified by hash. `python -m gdig.ingest.fetch` fetches before a run."""
