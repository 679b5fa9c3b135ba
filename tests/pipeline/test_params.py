"""Stage `params`: an unknown key is refused also where it changes no other stage."""

import sys

import pytest

from gdig.config import OPTIONAL_PARAMS_FILE, PARAMS_FILE
from tests.pipeline.conftest import new_checkout

STAGE = "params@embedded"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A checkout in which this stage alone ran."""
    checkout = new_checkout(tmp_path_factory.mktemp("params"))
    checkout.dvc("repro", STAGE)
    checkout.commit()
    return checkout


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("+diversty.num_clusters=4", f"error: {PARAMS_FILE}: diversty = "),
        (f"{OPTIONAL_PARAMS_FILE}:+rank_rds.sed=4", f"error: {OPTIONAL_PARAMS_FILE}: rank_rds.sed = 4 is not"),
    ],
)
def test_an_experiment_with_an_unknown_key_fails_with_its_name(site, override, message):
    try:
        told = site.dvc("exp", "run", "-S", override, STAGE, ok=False)
    finally:
        site.run("git", "checkout", "--", ".")
    assert message in told
    assert "Traceback" not in told
    assert "up to date" in site.dvc("status", STAGE)


def test_it_is_the_command_for_a_look_at_the_params(site):
    told = site.run(sys.executable, "-m", "stages", "params")
    assert f"{PARAMS_FILE} and {OPTIONAL_PARAMS_FILE} are valid" in told
