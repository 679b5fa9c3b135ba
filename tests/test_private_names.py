"""The private names of transformers and torch that gdig uses, each with the test that fails when it goes.

A name is private that begins with an underscore. Where a public one exists it is used instead.
"""

import ast
import re

from transformers import Trainer

from gdig.training.trainer import ResponseTrainer
from tests.conftest import ROOT

PRIVATE = {
    # oneDNN's linear, which torch itself calls for half precision only.
    (
        "gdig/lm/onednn.py",
        "_linear_pointwise",
    ): "tests/lm/test_onednn.py::test_a_linear_layer_and_its_gradients_are_those_of_torch",
    # What attention a model has: the public setter has no counterpart.
    ("gdig/lm/packing.py", "_attn_implementation"): (
        "tests/lm/test_packing.py::test_losses_and_gradients_are_those_of_padded_texts"
    ),
    # DDP's buckets are set up nowhere else.
    ("gdig/training/trainer.py", "_wrap_model"): (
        "tests/test_private_names.py::test_the_trainers_private_methods_are_those_listed"
    ),
    # A checkpoint appears whole: the Trainer writes it into a folder of its own.
    ("gdig/training/trainer.py", "_save_checkpoint"): (
        "tests/training/test_resume.py::test_killed_at_random_moments_it_ends_as_if_it_had_not_been"
    ),
}
OTHERS = {
    ("gdig/cleaning/spread.py", "_exit"),  # of os
    ("gdig/significance/resampling.py", "_extract_corpus_statistics"),  # of sacrebleu
    ("gdig/tools/runs.py", "_extract_corpus_statistics"),
    ("gdig/significance/resampling.py", "_compute_score_from_stats"),
    ("gdig/significance/resampling.py", "_ref_cache"),
    ("gdig/significance/resampling.py", "_cache_references"),
}
"""Of other libraries."""


def private_names(path):
    """Return private names that a file reads of anything but itself, or imports."""
    tree = ast.parse(path.read_text("utf-8"))
    for node in ast.walk(tree):
        names = []
        if isinstance(node, ast.Attribute) and not (
            isinstance(node.value, ast.Name) and node.value.id in ("self", "cls")
        ):
            names = [node.attr]
        elif isinstance(node, ast.ImportFrom):
            names = [*(node.module or "").split("."), *(alias.name for alias in node.names)]
        elif isinstance(node, ast.Import):
            names = [part for alias in node.names for part in alias.name.split(".")]
        yield from (name for name in names if re.match("_[a-z]", name))


def test_private_names_of_libraries_are_those_listed():
    found = {
        (str(path.relative_to(ROOT)), name)
        for folder in ("gdig", "stages")
        for path in (ROOT / folder).rglob("*.py")
        for name in private_names(path)
    }
    assert found == PRIVATE.keys() | OTHERS


def test_the_trainers_private_methods_are_those_listed():
    own = {name for name in vars(ResponseTrainer) if re.match("_[a-z]", name) and hasattr(Trainer, name)}
    assert own == {name for path, name in PRIVATE if path == "gdig/training/trainer.py"}


def test_the_tests_that_fail_when_one_goes_exist():
    for test in PRIVATE.values():
        path, _, name = test.partition("::")
        assert f"def {name}(" in (ROOT / path).read_text("utf-8"), test
