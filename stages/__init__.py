"""The stages of dvc.yaml: read, call the library, write."""

import gc
import os

# Read by OpenMP when torch is loaded. By default its threads spin while they wait for each other; where another process
# has one of their cores, training the embedded base model then takes fifty times as long, and with this three times.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

# What the stages import makes many objects and no garbage; without the collector they start a second sooner.
# `gdig.stage.run` turns it on again.
gc.disable()
