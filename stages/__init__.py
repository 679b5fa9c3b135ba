"""The stages of the DVC files: each reads, calls the library, writes. `python -m stages <name>` runs one."""
