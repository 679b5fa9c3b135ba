import math

import pytest
import torch

from gdig.config import DualCe
from gdig.io.ranking import write_ranking
from gdig.io.records import read_rows, write_pairs
from gdig.lm.load import load_model, load_tokenizer
from gdig.run.paths import Paths
from gdig.selectors.bitext.dual_ce import scores
from stages import bitext_dual_ce
from tests.conftest import toy_pairs

POOL = toy_pairs(8)
REVERSE = "EN {src_text} DE {trg_text}"


def test_it_is_the_formula_of_the_paper():
    found = scores({"a": 1.0, "b": 2.0, "c": 2.0}, {"a": 1.0, "b": 2.0, "c": 5.0})
    assert found == pytest.approx({"a": math.exp(-1), "b": math.exp(-2), "c": math.exp(-(3 + 3.5))})


def test_a_template_must_end_with_the_text_that_is_predicted():
    with pytest.raises(ValueError, match="must hold {src_text} once and end with its one {trg_text}"):
        DualCe(reverse_template="{trg_text} {src_text}")


def test_the_stage_takes_the_loss_of_each_source_behind_its_target(tmp_path, monkeypatch, params, base_folder):
    monkeypatch.chdir(tmp_path)
    paths = Paths(profile="p", selector="dual_ce")
    paths.base.parent.mkdir(parents=True)
    paths.base.symlink_to(base_folder)
    write_pairs(paths.pool, POOL)
    forward = {pair.id: 1 + n / 4 for n, pair in enumerate(POOL)}
    write_ranking(paths.base_loss_ranking, list(forward), forward)
    settings = DualCe(reverse_template=REVERSE)
    bitext_dual_ce.main(params.model_copy(update={"dual_ce": settings}), paths, "dual_ce")
    rows = {row["id"]: row for row in read_rows(paths.bitext)}
    tokenizer, model = load_tokenizer(base_folder), load_model(base_folder)
    for pair in POOL:
        context = tokenizer(f"EN {pair.trg} DE", add_special_tokens=False).input_ids
        whole = tokenizer(f"EN {pair.trg} DE {pair.src}", add_special_tokens=False).input_ids
        tokens = [*whole, tokenizer.eos_token_id]
        assert whole[: len(context)] == context
        with torch.inference_mode():
            logits = model(input_ids=torch.tensor([tokens])).logits[0, :-1].double()
        losses = torch.nn.functional.cross_entropy(logits, torch.tensor(tokens[1:]), reduction="none")
        backward = losses[len(context) - 1 :].mean().item()
        assert rows[pair.id]["reverse_loss"] == pytest.approx(backward, rel=1e-5)
        assert rows[pair.id]["score"] == pytest.approx(scores({"x": forward[pair.id]}, {"x": backward})["x"], rel=1e-4)
