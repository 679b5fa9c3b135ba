import json

import pytest
import torch
from safetensors.torch import load_file

from gdig.io.files import digest
from gdig.lm.batches import epochs, pad
from gdig.lm.loss import token_losses
from gdig.selectors.less.warmup import ends_of_epochs, train_epochs
from gdig.training import trainer
from gdig.training.adapters import with_adapters
from gdig.training.schedule import learning_rate
from tests.conftest import toy_examples, toy_model
from tests.training.toy import lora, memory, settings


def run(out, *, resume_steps=None, **changes):
    train_epochs(
        out, toy_model(dtype=torch.float32), toy_examples(10), settings(**changes), memory(lora=lora()), 1, "toy",
        resume_steps=resume_steps,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("num_steps", "epochs", "ends"),
    [(8, 4, [2, 4, 6, 8]), (186, 4, [46, 93, 140, 186]), (5, 1, [5]), (2, 4, [1, 2]), (9, 2, [4, 9])],
)
def test_epochs_divide_the_steps_and_the_last_ends_with_them(num_steps, epochs, ends):
    assert ends_of_epochs(num_steps, epochs) == ends


def test_adapters_and_moments_are_those_of_a_plain_loop(tmp_path):
    """torch's AdamW over the same batches, clipped to the same norm."""
    how = settings(epochs=2.0)
    run(tmp_path / "out", epochs=2.0)
    plain = toy_model(dtype=torch.float32)
    torch.manual_seed(1)
    model = with_adapters(plain, lora())
    inner, examples = model.get_base_model(), toy_examples(10)
    weights = {name: p for name, p in inner.named_parameters() if p.requires_grad}
    optimizer = torch.optim.AdamW(weights.values(), lr=0.01, weight_decay=0.0)
    batches = epochs(10, 4, torch.Generator().manual_seed(1))
    for step in range(5):
        optimizer.param_groups[0]["lr"] = learning_rate(step, 5, how)
        losses, _ = token_losses(inner, pad([examples[n] for n in next(batches)]))
        optimizer.zero_grad()
        losses.mean().backward()
        torch.nn.utils.clip_grad_norm_(weights.values(), 1.0)
        optimizer.step()
        if step + 1 in (2, 5):
            folder = tmp_path / "out" / f"epoch-{[2, 5].index(step + 1) + 1}"
            for file, value in (
                ("adapter", lambda p: p),
                ("first_moment", lambda p: optimizer.state[p]["exp_avg"]),
                ("second_moment", lambda p: optimizer.state[p]["exp_avg_sq"]),
            ):
                found = load_file(folder / f"{file}.safetensors")
                assert found.keys() == weights.keys()
                for name, p in weights.items():
                    torch.testing.assert_close(found[name], value(p).detach(), rtol=1e-4, atol=1e-7)
    record = json.loads((tmp_path / "out" / "record.json").read_text())
    rates = [learning_rate(step, 5, how) for step in range(5)]
    assert [checkpoint["step"] for checkpoint in record["checkpoints"]] == [2, 5]
    assert [checkpoint["mean_rate"] for checkpoint in record["checkpoints"]] == pytest.approx(
        [sum(rates[:2]) / 2, sum(rates[2:]) / 3]
    )
    assert (record["num_steps"], record["betas"]) == (5, [0.9, 0.999])
    assert record["lora"] == lora().model_dump()


def test_a_run_that_was_killed_goes_on_to_the_same_bytes(tmp_path, monkeypatch):
    run(tmp_path / "whole", epochs=4.0, resume_steps=3)
    losses = trainer.ResponseTrainer.compute_loss

    def killed(self, *args, **kwargs):
        if self.state.global_step == 8:
            raise KeyboardInterrupt
        return losses(self, *args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(trainer.ResponseTrainer, "compute_loss", killed)
        with pytest.raises(KeyboardInterrupt):
            run(tmp_path / "out", epochs=4.0, resume_steps=3)
    assert not (tmp_path / "out").exists()
    done = []
    with monkeypatch.context() as patch:
        patch.setattr(
            trainer.ResponseTrainer, "compute_loss",
            lambda self, *args, **kwargs: done.append(self.state.global_step) or losses(self, *args, **kwargs),
        )  # fmt: skip
        run(tmp_path / "out", epochs=4.0, resume_steps=3)
    assert min(done) == 6
    assert digest(tmp_path / "out") == digest(tmp_path / "whole")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "whole"]


def test_processes_that_divide_the_moments_are_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("ACCELERATE_USE_FSDP", "true")
    with pytest.raises(ValueError, match="toy: FSDP and DeepSpeed divide the moments of Adam"):
        run(tmp_path / "out")
