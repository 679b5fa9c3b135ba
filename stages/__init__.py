"""The stages of dvc.yaml: read, call the library, write."""
