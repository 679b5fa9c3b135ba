import pytest

from gdig.lm.layers import final_linear, tracked_linears
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


def test_final_linear(model):
    assert final_linear(model, "mlp.down_proj") == "model.layers.2.mlp.down_proj"
    with pytest.raises(ValueError, match=r"no linear is named model.layers.2.down"):
        final_linear(model, "down")
