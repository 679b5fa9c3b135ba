"""Twenty pairs, a prompt, settings, and a way to have them judged by any endpoint."""

import logging

import pytest

from gdig.config import Judge
from gdig.io.http import Patience
from gdig.selectors.judge.questions import read_prompt
from gdig.selectors.judge.run import judge
from tests.conftest import ROOT, toy_pairs

PROMPTS = ROOT / "selectors" / "judge"
QUICK = Patience(tries=4, first_wait=0.01, longest_wait=1.0)
PAIRS = toy_pairs(20)


@pytest.fixture
def ask(params, tmp_path, monkeypatch, caplog):
    """Have the pairs judged by an endpoint; answers of one test are kept together."""
    monkeypatch.delenv("GDIG_JUDGE_KEY", raising=False)
    caplog.set_level(logging.DEBUG)

    def asked(url, kind="rating", given=None, pairs=PAIRS, **changes):
        settings = params.judge.model_dump() | {"base_url": url, "model": "m", "concurrency": 4, "timeout": 5.0}
        if url == "embedded":
            settings["model"] = None
        settings = Judge.model_validate(settings | changes)
        prompt = read_prompt(PROMPTS / f"{kind}.txt")
        return judge(pairs, kind, prompt, "English", settings, given or {}, tmp_path / "answers", QUICK)

    return asked
