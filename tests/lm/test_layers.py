import pytest
import torch

from gdig.lm.layers import decoder_blocks, final_linear, tracked_linears
from gdig.tools.architectures.tiny import tiny_model
from tests.conftest import toy_model


def test_every_third_of_thirty_two_blocks_counts_from_one():
    model = toy_model(num_layers=32)
    names = tracked_linears(model, 3, ["mlp.down_proj"])
    assert names == [f"model.layers.{number - 1}.mlp.down_proj" for number in (3, 6, 9, 12, 15, 18, 21, 24, 27, 30)]


def test_names_are_exact_and_not_substrings(model):
    with pytest.raises(ValueError, match=r"no linear is named model.layers.0.mlp.proj; .*mlp.gate_proj"):
        tracked_linears(model, 1, ["mlp.proj"])


def test_a_step_beyond_the_model_is_refused(model):
    with pytest.raises(ValueError, match="layer_step = 4, but the model has 3 blocks"):
        tracked_linears(model, 4, ["mlp.down_proj"])


@pytest.mark.parametrize(
    ("kind", "prefix"),
    [
        ("gemma3", "model.language_model.layers"),
        ("phi4_multimodal", "model.layers"),
        ("modernbert-decoder", "model.layers"),
        ("longcat_flash", "model.layers"),
        ("opt", "model.decoder.layers"),
        ("gpt2", "transformer.h"),
    ],
)
def test_blocks_are_those_of_the_decoder(kind, prefix):
    """Not of towers for images and sound, nor experts or sublayers of a block; and `decoder` may be a head."""
    assert decoder_blocks(tiny_model(kind))[0] == prefix


def test_a_list_of_experts_may_be_longer_and_larger_than_that_of_blocks(model):
    for block in model.model.layers:
        block.mlp.experts = torch.nn.ModuleList(torch.nn.Linear(8, 8) for _ in range(9))
    assert decoder_blocks(model)[0] == "model.layers"
    model.model.norms = torch.nn.ModuleList(torch.nn.LayerNorm(8) for _ in range(3))
    assert decoder_blocks(model)[0] == "model.layers"


def test_blocks_of_several_kinds_track_what_they_have():
    """A first block that is dense, the others a mixture with a shared expert."""
    model = tiny_model("dots1")
    names = tracked_linears(model, 1, ["mlp.down_proj", "mlp.shared_experts.down_proj"])
    assert names == [
        f"model.layers.{path}.down_proj" for path in ("0.mlp", "1.mlp.shared_experts", "2.mlp.shared_experts")
    ]
    with pytest.raises(ValueError, match=r"no linear is named model.layers.1.mlp.down_proj; .*mlp.shared_experts.gate"):
        tracked_linears(model, 1, ["mlp.down_proj"])
    assert final_linear(model, "mlp.shared_experts.down_proj") == names[-1]


def test_experts_in_one_parameter_are_named_as_no_linears():
    message = (
        r"no linear is named model.layers.0.mlp.down_proj; the linears of a block are self_attn.q_proj, .*o_proj; "
        r"mlp.experts.gate_up_proj and mlp.experts.down_proj hold all experts in one parameter, which is not tracked"
    )
    with pytest.raises(ValueError, match=message):
        tracked_linears(tiny_model("mixtral"), 1, ["mlp.down_proj"])


def test_a_linear_that_shares_its_weight_is_refused(model):
    model.model.layers[2].mlp.up_proj.weight = model.model.layers[0].mlp.up_proj.weight
    with pytest.raises(ValueError, match=r"layers.0.mlp.up_proj shares its weight with model.layers.2.mlp.up_proj"):
        tracked_linears(model, 1, ["mlp.up_proj"])


def test_final_linear(model):
    assert final_linear(model, "mlp.down_proj") == "model.layers.2.mlp.down_proj"
    with pytest.raises(ValueError, match=r"no linear is named model.layers.2.down"):
        final_linear(model, "down")
