"""The stages of dvc.yaml: read, call the library, write."""

import gc

# What the stages import makes many objects and no garbage; without the collector they start a second sooner.
# `gdig.stage.run` turns it on again.
gc.disable()
