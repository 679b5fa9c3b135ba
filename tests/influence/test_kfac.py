import pytest
import torch

from gdig.influence import kfac
from gdig.influence.capture import capture
from gdig.influence.kfac import eigenbases, factors, load_curvature, save_curvature
from gdig.lm.batches import pad
from gdig.lm.layers import tracked_linears
from gdig.lm.loss import example_losses
from gdig.lm.prompt import Example
from tests.conftest import toy_examples, toy_model

LINEARS = ["mlp.gate_proj", "mlp.up_proj", "mlp.down_proj"]


@pytest.fixture
def names(model):
    return tracked_linears(model, 2, LINEARS)


def autograd_weight_gradients(model, names, example):
    """The oracle: ordinary autograd with respect to the weights, one unpadded example at a time."""
    weights = [model.get_submodule(name).weight for name in names]
    loss = example_losses(model, pad([example]))[0]
    return dict(zip(names, torch.autograd.grad(loss, weights), strict=True))


def token_statistics(model, name, example):
    """Input and output gradient of every token of one unpadded example, through a hook on the module alone."""
    seen = {}
    linear = model.get_submodule(name)

    def hook(module, args, output):
        seen["a"], seen["out"] = args[0], output
        output.retain_grad()

    handle = linear.register_forward_hook(hook)
    example_losses(model, pad([example]))[0].backward()
    handle.remove()
    model.zero_grad()
    return seen["a"][0].detach(), seen["out"].grad[0]


def test_weight_gradients_equal_autograd(model, names):
    examples = toy_examples(6)
    taps = capture(model, names, examples)
    for row, example in enumerate(examples):
        expected = autograd_weight_gradients(model, names, example)
        for name in names:
            torch.testing.assert_close(taps[name].weight_gradients()[row], expected[name], rtol=1e-9, atol=1e-13)


def test_capture_leaves_the_model_as_it_was(model, names):
    capture(model, names, toy_examples(2))
    assert all(parameter.requires_grad and parameter.grad is None for parameter in model.parameters())
    assert not any(module._forward_hooks for module in model.modules())


def test_nothing_below_the_lowest_tracked_linear_is_in_the_graph(model, names):
    from gdig.influence.capture import tapped

    with tapped(model, names) as taps:
        example_losses(model, pad(toy_examples(2)))
        lowest = names[0]
        edge, _ = taps.outputs[lowest]
        # The copy of a leaf.
        assert [type(function).__name__ for function, _ in edge.node.next_functions] == ["AccumulateGrad"]
        assert not taps.inputs[lowest].requires_grad


@pytest.mark.parametrize("max_tokens", [1, 30, 1000])
def test_factors_are_the_expand_statistics(model, names, max_tokens):
    examples = toy_examples(8)
    statistics = factors(model, names, examples, max_tokens)
    for name in names:
        tokens = [token_statistics(model, name, example) for example in examples]
        s_OO = sum(g.T @ g for _, g in tokens) / len(examples)
        a_II = sum(a.T @ a for a, _ in tokens) / sum(len(a) for a, _ in tokens)
        torch.testing.assert_close(statistics[name][0], s_OO, rtol=1e-9, atol=1e-14)
        torch.testing.assert_close(statistics[name][1], a_II, rtol=1e-9, atol=1e-14)


def test_sums_in_blocks_are_the_whole_gram_matrix(monkeypatch):
    monkeypatch.setattr(kfac, "GRAM_BLOCK", 3)
    parts = [torch.randn(count, 8) for count in (5, 0, 7)]
    sums = {}
    for rows_NX in parts:
        kfac._add(sums, "a", rows_NX)
    assert [tuple(block.shape) for block in sums["a"]] == [(3, 8), (3, 5), (2, 2)]
    rows_NX = torch.cat(parts)
    mean_XX = kfac._mean(sums["a"], 4, torch.float32)
    torch.testing.assert_close(mean_XX, rows_NX.T @ rows_NX / 4)
    assert torch.equal(mean_XX, mean_XX.T)


def test_prompt_positions_carry_gradient_below_the_last_block_but_padding_never(model):
    name = "model.layers.1.mlp.down_proj"
    short, long = Example("short", [1, 2, 3, 4], 3), Example("long", list(range(1, 10)), 4)
    tap = capture(model, [name], [short, long])[name]
    assert tap.gradient_BTO[0, :2].abs().sum() > 0  # prompt, through attention
    assert tap.gradient_BTO[0, 4:].abs().sum() == 0
    assert tap.mask_BT[0].tolist() == [True] * 4 + [False] * 5


def test_trace_of_the_factors_is_that_of_the_true_block_for_independent_tokens(model):
    """With one gradient-carrying token an example, sum over tokens and true block agree exactly in the trace.

    In the last block only the positions that predict response tokens carry gradient; with one response token an
    example that is one position, and tr(S) tr(A) becomes the mean of |g|^2 |a|^2 once |a|^2 is equal for all tokens.
    """
    name = "model.layers.2.mlp.gate_proj"
    examples = [Example(f"e{n}", [1 + n % 20, 2, 3 + n % 7, 4 + n % 11], 3) for n in range(12)]
    model.model.layers[2].post_attention_layernorm.weight.data.fill_(1.0)  # RMSNorm: |a|^2 = hidden size, all tokens
    s_OO, a_II = factors(model, [name], examples, 1000)[name]
    true = torch.stack([autograd_weight_gradients(model, [name], e)[name].square().sum() for e in examples]).mean()
    torch.testing.assert_close(s_OO.trace() * a_II.trace(), true, rtol=1e-4, atol=0)


def test_eigenbasis_rebuilds_the_factors(model, names):
    statistics = factors(model, names, toy_examples(8), 1000)
    s_OO, a_II = statistics[names[0]]
    basis = eigenbases(statistics)[names[0]]
    torch.testing.assert_close(basis.q_s_OO @ basis.s_O.diag() @ basis.q_s_OO.T, s_OO)
    torch.testing.assert_close(basis.q_a_II @ basis.a_I.diag() @ basis.q_a_II.T, a_II)
    assert (basis.s_O >= 0).all()
    assert (basis.a_I >= 0).all()


def test_gate_and_up_share_their_input_statistics(model, names):
    statistics = factors(model, names, toy_examples(8), 20)
    assert statistics["model.layers.1.mlp.gate_proj"][1] is statistics["model.layers.1.mlp.up_proj"][1]
    bases = eigenbases(statistics)
    assert bases["model.layers.1.mlp.gate_proj"].q_a_II is bases["model.layers.1.mlp.up_proj"].q_a_II


def test_dropping_tokens_without_gradient_changes_no_weight_gradient(model):
    """In the last block a prompt token carries no gradient, so that most tokens of long prompts can go."""
    name = "model.layers.2.mlp.up_proj"
    examples = [Example(f"e{n}", list(range(1, 12)), 8 + n % 2) for n in range(5)]
    tap = capture(model, [name], examples)[name]
    assert tap.active().input_BTI.shape[1] == 3
    torch.testing.assert_close(tap.active().weight_gradients(), tap.weight_gradients())


def test_round_trip_of_the_file_and_its_bytes(model, names, tmp_path):
    bases = eigenbases(factors(model, names, toy_examples(4), 1000))
    save_curvature(tmp_path / "a.safetensors", bases)
    save_curvature(tmp_path / "b.safetensors", dict(reversed(bases.items())))
    assert (tmp_path / "a.safetensors").read_bytes() == (tmp_path / "b.safetensors").read_bytes()
    loaded = load_curvature(tmp_path / "a.safetensors", torch.device("cpu"))
    assert loaded.keys() == bases.keys()
    torch.testing.assert_close(loaded[names[1]].q_a_II, bases[names[1]].q_a_II, rtol=0, atol=0)


def test_gradient_that_is_no_number_names_the_pair():
    model = toy_model()
    broken = Example("broken", [1, 2, 7, 3], 2)
    linear = model.model.layers[2].mlp.down_proj

    def poison(module, args, output):  # finite forward, NaN backward: sqrt at zero times zero
        zero = (output - output.detach()).sum(dim=-1, keepdim=True)
        return output + torch.where(torch.tensor(True), zero.abs().sqrt() * 0, zero)

    handle = linear.register_forward_hook(poison)
    try:
        with pytest.raises(ValueError, match="pair broken: its gradient at"):
            capture(model, ["model.layers.1.mlp.up_proj"], [broken])
    finally:
        handle.remove()
