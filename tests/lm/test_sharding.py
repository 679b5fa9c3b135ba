"""Every architecture, divided over two gloo processes, against the same whole."""

import os
import subprocess
import sys

import pytest

from gdig.lm.load import load_model
from gdig.lm.passes import processes
from gdig.lm.sharding import load_sharded
from tests.conftest import ROOT, toy_model
from tests.lm.passes.test_processes import FSDP, TORCHRUN
from tests.lm.test_architectures import ARCHITECTURES

WORK = """
import sys
from pathlib import Path
import torch
from gdig.lm.passes import processes
from gdig.influence.capture import capture
from gdig.lm.layers import tracked_linears
from gdig.lm.load import load_model
from gdig.lm.sharding import load_sharded
from tests.conftest import toy_examples
from tests.lm.test_architectures import ARCHITECTURES, build

processes.launch("tests.unused", [])
for number, name in enumerate(ARCHITECTURES):
    built, linears = build(name)
    folder = Path(sys.argv[1]) / str(number)
    if processes.rank() == 0:
        built.save_pretrained(folder)
    processes.wait_for_all()
    sharded, whole = load_sharded(folder, "float64"), load_model(folder, "float64")
    assert any(type(weight).__name__ == "DTensor" for weight in sharded.parameters())
    names = tracked_linears(sharded, 2, linears)
    for seed in (1, 2):
        examples = toy_examples(5, seed)
        found, expected = capture(sharded, names, examples), capture(whole, names, examples)
        for linear, tap in expected.items():
            assert type(found[linear].input_BTI) is torch.Tensor
            torch.testing.assert_close(found[linear].input_BTI, tap.input_BTI, rtol=1e-9, atol=1e-12)
            torch.testing.assert_close(found[linear].gradient_BTO, tap.gradient_BTO, rtol=1e-9, atol=1e-12)
    (folder / f"agrees-{processes.rank()}").touch()
processes.leave()
"""


@pytest.mark.slow
def test_what_passes_through_the_linears_of_a_divided_model_is_that_of_a_whole_one(tmp_path):
    script = tmp_path / "work.py"
    script.write_text(WORK)
    variables = FSDP | {processes.CONFIG_VARIABLE: "none", "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    subprocess.run(
        [sys.executable, *TORCHRUN, str(script), str(tmp_path)],
        cwd=ROOT, env=os.environ | variables, check=True, timeout=120,
    )  # fmt: skip
    assert len(list(tmp_path.glob("*/agrees-?"))) == 2 * len(ARCHITECTURES)


def test_alone_a_model_is_whole_whatever_the_configuration_says(tmp_path, monkeypatch):
    monkeypatch.setenv(processes.FSDP_VARIABLE, "true")
    toy_model().save_pretrained(tmp_path)
    found, expected = load_sharded(tmp_path), load_model(tmp_path)
    assert type(found) is type(expected)
    assert [type(weight) for weight in found.parameters()] == [type(weight) for weight in expected.parameters()]
