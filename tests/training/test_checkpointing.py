import gc
import json
import math
import random

import pytest
import torch
from safetensors.torch import load_file

from gdig.training import run as train
from gdig.training.trainer import ResponseTrainer
from tests.conftest import toy_model
from tests.training.toy import evaluation, run


@pytest.fixture
def losses(monkeypatch):
    """Validation losses to come, in order, in place of measured ones; and the weights of each moment."""
    to_come, seen = [], []

    def loss_on(trainer, examples):
        if examples is not trainer.evaluation.valid:
            return 0.0
        seen.append({name: weight.detach().clone() for name, weight in trainer.model.state_dict().items()})
        return to_come[len(seen) - 1]

    monkeypatch.setattr(ResponseTrainer, "loss_on", loss_on)
    return to_come, seen


def test_the_kept_checkpoint_is_the_one_of_least_loss_in_100_runs(tmp_path, losses):
    """With ties, of which the earlier is kept, and numbers that are none; weights are read back from the files."""
    to_come, seen = losses
    generator = random.Random(3)
    gc.freeze()  # Accelerate collects garbage before each run, of which all modules that are loaded are none.
    num_ties = 0
    for number in range(100):
        to_come[:] = [
            generator.choice([1.0, 2.0, 3.0, generator.uniform(0.5, 4), math.nan, math.inf]) for _ in range(4)
        ]
        seen.clear()
        finite = [loss for loss in to_come if math.isfinite(loss)]
        if not finite:
            continue
        num_ties += finite.count(min(finite)) > 1
        best = to_come.index(min(finite))
        out = tmp_path / str(number)
        run(out, model=toy_model(num_layers=1, dtype=torch.float32), evaluated=evaluation(1), seed=number,
            epochs=1.0, min_steps=4)  # fmt: skip
        kept = load_file(out / "model.safetensors")
        assert all(torch.equal(weight, seen[best][name]) for name, weight in kept.items()), to_come
        others = [state for position, state in enumerate(seen) if position != best]
        assert not any(all(torch.equal(weight, state[name]) for name, weight in kept.items()) for state in others)
        record = json.loads((out / "record.json").read_text())
        assert record["best_step"] == best + 1
        assert record["best_losses"] == {"valid_loss": min(finite), "seed_loss": 0.0}
    gc.unfreeze()
    assert num_ties > 5


def test_weights_are_saved_only_on_improvement(tmp_path, losses, monkeypatch):
    to_come, _ = losses
    to_come[:] = [3.0, 2.0, 2.0, math.nan, 2.5, 1.0, 1.5, 1.0]
    saved = []
    save = train.save_weights
    monkeypatch.setattr(train, "save_weights", lambda folder, *rest: (saved.append(folder.name), save(folder, *rest)))
    run(tmp_path / "out", evaluated=evaluation(1))
    assert saved == ["best-1", "best-2", "best-6"]


def test_no_loss_that_is_a_number_is_an_error_and_leaves_no_output(tmp_path, losses):
    losses[0][:] = [math.nan] * 8
    with pytest.raises(
        ValueError, match="toy: the validation loss was no number at any evaluation; lower learning_rate"
    ):
        run(tmp_path / "out", evaluated=evaluation(1))
    assert not (tmp_path / "out").exists()
