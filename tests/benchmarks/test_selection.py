from importlib import import_module
from inspect import signature

import pytest

from benchmarks.selection import STAGES, rows


def test_passes_are_of_the_warm_up_by_its_epochs_and_share():
    found = {row["stage"]: row for row in rows({"warmup": [9.0, 10.0, 30.0], "influence": [5.0, 5.0, 5.0]}, 0.5)}
    assert found["warmup"] == {"stage": "warmup", "seconds": 10.0, "passes": 0.5}
    assert found["influence"]["passes"] == 0.25
    assert found["all"] == {"stage": "all", "seconds": 15.0, "passes": 0.75}


@pytest.mark.parametrize("name", STAGES)
def test_stages_are_called_as_they_ask(name):
    wanted = [*signature(import_module(f"stages.{name}").main).parameters]
    assert wanted == ["params", "paths", *(["selector"] if STAGES[name] else [])]
