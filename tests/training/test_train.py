import json
import math

import pytest
import torch
from safetensors.torch import load_file
from transformers import GenerationConfig
from transformers.integrations import deepspeed

from gdig.lm.batches import pad
from gdig.lm.load import load_model, load_tokenizer
from gdig.lm.loss import dataset_losses, mean_token_loss, token_losses
from gdig.lm.prompt import Example
from gdig.training.run import PLAIN, train
from gdig.training.schedule import learning_rate
from gdig.training.trainer import ResponseTrainer, held_out_loss, inputs_of, response_losses
from tests.conftest import toy_examples, toy_model
from tests.lm.test_architectures import ARCHITECTURES, build
from tests.training.toy import evaluation, memory, run, settings


def weights(model):
    return {name: weight.detach().clone() for name, weight in model.named_parameters()}


def trained(**changes):
    model = toy_model(dtype=torch.float32)
    record = train(model, toy_examples(16), settings(**changes), seed=1, label="toy")
    return model, record


def test_training_lowers_the_loss_and_records_the_rates():
    _, record = trained(epochs=10.0)
    assert record.num_steps == 40
    assert record.losses[-1][1] < record.losses[0][1]
    assert record.sum_of_rates == pytest.approx(sum(learning_rate(step, 40, settings()) for step in range(40)))
    assert [rate for _, _, rate in record.losses] == [learning_rate(step, 40, settings()) for step in range(40)]


def test_equal_seeds_give_equal_weights_and_others_do_not():
    found = []
    for seed in (1, 1, 2):
        model = toy_model(dtype=torch.float32)
        train(model, toy_examples(16), settings(), seed=seed, label="toy")
        found.append(weights(model))
    assert all(torch.equal(found[0][name], found[1][name]) for name in found[0])
    assert not all(torch.equal(found[0][name], found[2][name]) for name in found[0])


def test_it_is_a_plain_loop_of_adamw_on_the_mean_loss_a_token():
    """One epoch by the Trainer against one by hand, in float64."""
    expected, found = toy_model(), toy_model()
    examples, changed = toy_examples(10), settings(epochs=1.0)
    optimizer = torch.optim.AdamW(expected.parameters(), lr=0.0, weight_decay=0.0)
    order = torch.randperm(10, generator=torch.Generator().manual_seed(1)).tolist()
    for step, start in enumerate(range(0, 10, 4)):
        losses_R, _ = token_losses(expected, pad([examples[position] for position in order[start : start + 4]]))
        optimizer.zero_grad()
        losses_R.mean().backward()
        torch.nn.utils.clip_grad_norm_(expected.parameters(), 1.0)
        optimizer.param_groups[0]["lr"] = learning_rate(step, 3, changed)
        optimizer.step()
    train(found, examples, changed, seed=1, label="toy")
    for name, weight in weights(expected).items():
        torch.testing.assert_close(found.get_parameter(name), weight, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("per_device", [1, 4])
def test_parts_that_are_summed_up_give_what_a_whole_batch_gives(tmp_path, per_device, monkeypatch):
    """Parts of one, or of four, and one batch of 16, with a short last batch of 11, in float64."""
    found = {}
    for size in (per_device, None):
        model = toy_model()
        monkeypatch.setattr("gdig.training.run.PLAIN", PLAIN.model_copy(update={"per_device_batch_size": size}))
        record = train(model, toy_examples(27), settings(batch_size=16, epochs=2.0), seed=1, label="toy")
        found[size] = weights(model), record
    whole, record = found[None]
    for name, weight in found[per_device][0].items():
        torch.testing.assert_close(weight, whole[name], rtol=1e-7, atol=1e-9)
    # The Trainer sums the losses that it logs in float32.
    assert found[per_device][1].losses == [pytest.approx(row, rel=2e-7) for row in record.losses]
    assert (found[per_device][1].accumulation, record.accumulation) == (16 // per_device, 1)


def test_a_loss_that_is_no_number_names_step_and_pairs():
    model = toy_model(dtype=torch.float32)
    model.model.norm.weight.data.fill_(float("inf"))
    with pytest.raises(ValueError, match=r"toy: the loss is nan at step 0 on pairs toy-.*lower learning_rate"):
        train(model, toy_examples(4), settings(), seed=1, label="toy")


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_losses_through_the_model_are_those_of_its_parts(name):
    model, _ = build(name)
    examples = toy_examples(5)
    # One by one: in float64 Gemma 2 has NaN on padding that its window shuts off from all text.
    expected = torch.cat([token_losses(model, pad([example]))[0] for example in examples])
    found = response_losses(model, model, inputs_of(examples))
    torch.testing.assert_close(found, expected, rtol=1e-9, atol=1e-9)
    full = model(torch.tensor([examples[0].tokens])).logits
    assert full.shape[:2] == (1, len(examples[0].tokens)), "the head is as it was"


def test_a_held_out_loss_is_the_mean_over_tokens_however_it_is_batched():
    model, examples = toy_model(), toy_examples(9)
    expected = mean_token_loss(dataset_losses(model, examples, 100, "toy"), examples)
    for max_tokens in (1, 20, 1000):
        found = held_out_loss(model, model, examples, max_tokens, model.device)
        assert found == pytest.approx(expected, rel=1e-12)


def test_a_run_to_a_folder_leaves_weights_tokenizer_and_record_and_nothing_else(tmp_path):
    run(tmp_path / "out", evaluated=evaluation(), resume_steps=3)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    assert not {path.name for path in (tmp_path / "out").iterdir()} & {"training_args.bin", "runs", "optimizer.pt"}
    assert load_tokenizer(tmp_path / "out").eos_token_id == 0
    record = json.loads((tmp_path / "out" / "record.json").read_text())
    model = load_model(tmp_path / "out")
    for name, part in (("valid_loss", evaluation().valid), ("seed_loss", evaluation().others["seed_loss"])):
        loss = mean_token_loss(dataset_losses(model, part, 40, name), part)
        assert record["best_losses"][name] == pytest.approx(loss, abs=1e-6)


def test_a_base_that_says_how_to_sample_can_be_saved(tmp_path):
    """Older uploads of Llama 2 name a temperature and do not sample, which transformers does not save."""
    model = toy_model(dtype=torch.float32)
    model.generation_config = GenerationConfig(temperature=0.6, top_p=0.9, eos_token_id=0, pad_token_id=0)
    run(tmp_path / "out", model=model)
    saved = json.loads((tmp_path / "out" / "generation_config.json").read_text())
    assert saved.items() >= {"eos_token_id": 0, "pad_token_id": 0}.items()
    assert not saved.keys() & {"temperature", "top_p"}


def test_an_infinite_loss_beside_the_best_is_null(tmp_path, monkeypatch):
    measured = ResponseTrainer.loss_on

    def loss_on(trainer, examples):
        return measured(trainer, examples) if examples is trainer.evaluation.valid else math.inf

    monkeypatch.setattr(ResponseTrainer, "loss_on", loss_on)
    run(tmp_path / "out", evaluated=evaluation())
    assert json.loads((tmp_path / "out" / "record.json").read_text())["best_losses"]["seed_loss"] is None


def test_deepspeed_s_configuration_does_not_outlive_a_run(tmp_path):
    class Zero3:
        def is_zero3(self):
            return True

    configuration = Zero3()
    model = toy_model(dtype=torch.float32)
    evaluated = evaluation()
    deepspeed.set_hf_deepspeed_config(configuration)
    run(tmp_path / "out", model=model, evaluated=evaluated)
    assert not deepspeed.is_deepspeed_zero3_enabled()


def test_memory_that_evaluation_wants_names_its_key(monkeypatch):
    def response_losses(*_, **__):
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr("gdig.training.trainer.response_losses", response_losses)
    model = toy_model()
    with pytest.raises(ValueError, match="memory ran out with max_tokens = 40; lower it"):
        held_out_loss(model, model, toy_examples(3), 40, model.device)


def test_memory_that_a_plain_run_wants_names_its_batch(monkeypatch):
    def response_losses(*_, **__):
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr("gdig.training.trainer.response_losses", response_losses)
    with pytest.raises(ValueError, match="memory ran out with base.training.batch_size = 4; lower it"):
        train(toy_model(), toy_examples(4), settings(), seed=1, label="base")


def test_the_last_step_is_evaluated_though_it_is_no_multiple(tmp_path):
    run(tmp_path / "out", evaluated=evaluation(3))
    record = json.loads((tmp_path / "out" / "record.json").read_text())
    assert [step for step, _ in record["valid_losses"]] == [3, 6, 8]


def test_runs_repeat_byte_for_byte(tmp_path):
    for name in ("a", "b"):
        run(tmp_path / name, evaluated=evaluation())
    for path in (tmp_path / "a").iterdir():
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes(), path.name


def test_an_accelerate_configuration_changes_neither_precision_nor_batch(tmp_path, monkeypatch):
    run(tmp_path / "a")
    monkeypatch.setenv("ACCELERATE_MIXED_PRECISION", "bf16")
    monkeypatch.setenv("ACCELERATE_GRADIENT_ACCUMULATION_STEPS", "4")
    run(tmp_path / "b")
    assert (tmp_path / "a" / "model.safetensors").read_bytes() == (tmp_path / "b" / "model.safetensors").read_bytes()


def test_gradient_checkpointing_changes_no_weight(tmp_path):
    for name, on in (("a", True), ("b", False)):
        run(tmp_path / name, how=memory(gradient_checkpointing=on))
    assert (tmp_path / "a" / "model.safetensors").read_bytes() == (tmp_path / "b" / "model.safetensors").read_bytes()


def test_bfloat16_trains_float32_weights_and_saves_them_in_16_bits(tmp_path):
    run(tmp_path / "half", how=memory(dtype="bfloat16"), evaluated=evaluation(), epochs=10.0)
    run(tmp_path / "whole", evaluated=evaluation(), epochs=10.0)
    assert {weight.dtype for weight in load_file(tmp_path / "half" / "model.safetensors").values()} == {torch.bfloat16}
    assert json.loads((tmp_path / "half" / "config.json").read_text())["dtype"] == "bfloat16"
    half, whole = (json.loads((tmp_path / name / "record.json").read_text()) for name in ("half", "whole"))
    assert half["dtype"] == "bfloat16"
    assert half["best_losses"]["valid_loss"] != whole["best_losses"]["valid_loss"]
    assert half["best_losses"]["valid_loss"] == pytest.approx(whole["best_losses"]["valid_loss"], rel=0.02)
    with torch.no_grad():
        model = load_model(tmp_path / "half")
    assert {weight.dtype for weight in model.parameters()} == {torch.float32}


def test_what_ends_a_response_is_learnt_though_it_is_the_padding_token():
    """PAD is EOS, 0, in the toy model."""
    examples = [
        Example(f"e{n}", [*example.tokens, 0], example.prompt_length) for n, example in enumerate(toy_examples(8))
    ]
    model = toy_model(dtype=torch.float32)
    train(model, examples, settings(epochs=60.0), seed=1, label="toy")
    ends = [model(torch.tensor([example.tokens[:-1]])).logits[0, -1].argmax().item() for example in examples]
    assert ends == [0] * 8
