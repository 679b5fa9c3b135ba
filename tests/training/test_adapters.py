import json

import pytest
import torch
from safetensors.torch import load_file

from gdig.lm.load import load_model
from gdig.training.adapters import merged, with_adapters
from gdig.training.trainer import held_out_loss
from tests.conftest import toy_model
from tests.lm.test_architectures import build
from tests.training.toy import evaluation, lora, memory, run


@pytest.mark.parametrize(("name", "targets"), [("llama", ["q_proj", "down_proj"]), ("gpt2", ["c_attn", "c_proj"])])
def test_merged_weights_give_what_the_adapted_model_gives(name, targets):
    """Whether a linear keeps its weight as usual or transposed."""
    tokens = torch.tensor([[3, 4, 5, 6]])
    model, _ = build(name)
    plain, _ = build(name)
    adapted = with_adapters(model, lora(targets=targets)).eval()
    for key, weight in adapted.named_parameters():
        if "lora_B" in key:
            torch.nn.init.normal_(weight)
    state = merged({key: weight.detach() for key, weight in adapted.state_dict().items()}, adapted)
    assert state.keys() == plain.state_dict().keys()
    plain.load_state_dict(state)
    torch.testing.assert_close(plain(tokens).logits, adapted(tokens).logits, rtol=1e-5, atol=1e-6)


def test_a_run_trains_adapters_alone_and_leaves_a_plain_model(tmp_path):
    base = toy_model(dtype=torch.float32)
    run(tmp_path / "out", how=memory(lora=lora()), evaluated=evaluation(), epochs=10.0, resume_steps=5)
    found = load_file(tmp_path / "out" / "model.safetensors")
    expected = {name: weight for name, weight in base.state_dict().items() if name != "lm_head.weight"}
    assert found.keys() == expected.keys()
    changed = {name for name, weight in found.items() if not torch.equal(weight, expected[name])}
    assert changed == {name for name in expected if "q_proj" in name or "down_proj" in name}
    model = load_model(tmp_path / "out")
    loss = held_out_loss(model, model, evaluation().valid, 40, model.device)
    record = json.loads((tmp_path / "out" / "record.json").read_text())
    assert record["best_losses"]["valid_loss"] == pytest.approx(loss, abs=1e-6)


def test_adapters_begin_as_the_seed_says_whatever_was_drawn_before(tmp_path):
    toy_model(dtype=torch.float32).save_pretrained(tmp_path / "base")
    for number in (1, 2):
        model = load_model(tmp_path / "base", onto="cpu")
        torch.manual_seed(number)
        run(tmp_path / f"out-{number}", model=model, how=memory(lora=lora()))
    weights = [(tmp_path / f"out-{number}" / "model.safetensors").read_bytes() for number in (1, 2)]
    assert weights[0] == weights[1]


def test_a_wrong_target_lists_the_linears():
    with pytest.raises(
        ValueError, match="memory.lora.targets: 'query' is no linear of the model, which has down_proj, g"
    ):
        with_adapters(toy_model(), lora(targets=["query"]))
