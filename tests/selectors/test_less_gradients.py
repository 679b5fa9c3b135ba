import numpy as np
import pytest
import torch
from scipy.stats import spearmanr

from gdig.lm.batches import pad
from gdig.lm.load import save
from gdig.lm.loss import example_losses
from gdig.selectors.less import ranking as less
from gdig.selectors.less.gradients import Adam, Checkpoint, directions, load_checkpoint, sgd, unit
from gdig.selectors.less.random_projection import RandomProjection
from gdig.selectors.less.warmup import train_epochs
from gdig.training.adapters import with_adapters
from tests.conftest import toy_examples, toy_model
from tests.training import toy

LORA = toy.lora(rank=3, targets=["q_proj", "k_proj", "v_proj", "o_proj"], dropout=0.1)
BETAS, EPSILON = (0.9, 0.999), 1e-8
RATES = [0.004, 0.001]


class Whole:
    """Stands where a projection does, and keeps everything."""

    def __init__(self, sizes):
        self.dim = sum(sizes.values())
        ends = torch.tensor(list(sizes.values())).cumsum(0).tolist()
        self.place = {name: slice(end - size, end) for (name, size), end in zip(sizes.items(), ends, strict=True)}

    def add(self, projected, name, values):
        projected[self.place[name]] += values.T


def checkpoint(seed):
    """An adapted model in float64 whose adapters and moments are random."""
    torch.manual_seed(seed)
    model = with_adapters(toy_model(), LORA).eval().get_base_model()
    names, first, second = [], {}, {}
    for key, weight in model.named_parameters():
        if ".lora_" in key:
            weight.data = 0.3 * torch.randn(weight.shape, dtype=torch.float64)
            names.append(key.removesuffix(".weight"))
            first[names[-1]] = 0.02 * torch.randn(weight.shape, dtype=torch.float64)
            second[names[-1]] = 0.001 * torch.rand(weight.shape, dtype=torch.float64)
    return Checkpoint(model, names, Adam(first, second, 40 * seed, BETAS, EPSILON))


def gradients(at, example):
    """Of all adapters, by autograd, one unpadded example at a time."""
    weights = [at.model.get_submodule(name).weight.requires_grad_() for name in at.names]
    return torch.autograd.grad(example_losses(at.model, pad([example]))[0], weights)


def step_of_torch(at, name, gradient):
    """What torch's own Adam does to a weight, from the same moments, on a rate of 1."""
    weight = torch.nn.Parameter(torch.zeros_like(gradient))
    optimizer = torch.optim.AdamW([weight], lr=1.0, betas=BETAS, eps=EPSILON, weight_decay=0.0)
    optimizer.state[weight] = {
        "step": torch.tensor(float(at.adam.step)),
        "exp_avg": at.adam.first[name].clone(),
        "exp_avg_sq": at.adam.second[name].clone(),
    }
    weight.grad = gradient.clone()
    optimizer.step()
    return -weight.detach()


def whole(at, example, optimizer):
    found = gradients(at, example)
    if optimizer == "adam":
        found = [step_of_torch(at, name, gradient) for name, gradient in zip(at.names, found, strict=True)]
    return torch.cat([part.flatten() for part in found])


@pytest.fixture(scope="module")
def checkpoints():
    return [checkpoint(1), checkpoint(2)]


@pytest.mark.parametrize("max_tokens", [1, 40, 1000])
@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
def test_directions_are_the_steps_of_the_optimiser(checkpoints, optimizer, max_tokens):
    at = checkpoints[0]
    examples = toy_examples(9, seed=2)
    direction = at.adam if optimizer == "adam" else sgd
    found = directions(at, examples, Whole(at.sizes()), direction, max_tokens)
    expected = torch.stack([whole(at, example, optimizer) for example in examples])
    torch.testing.assert_close(found, expected, rtol=1e-7, atol=1e-9 * expected.abs().max().item())


def oracle(checkpoints, candidates, seeds, optimizer):
    """Inf(z, seeds) from whole gradients, without a projection and without the engine."""
    total = torch.zeros(len(candidates), dtype=torch.float64)
    for at, rate in zip(checkpoints, RATES, strict=True):
        psi = torch.stack([torch.nn.functional.normalize(whole(at, s, "sgd"), dim=0) for s in seeds]).mean(dim=0)
        for row, candidate in enumerate(candidates):
            phi = whole(at, candidate, optimizer)
            total[row] += rate / sum(RATES) * (phi @ psi) / phi.norm()
    return total.numpy()


def ranking_score(checkpoints, candidates, seeds, optimizer, projection_of):
    phi, psi = [], []
    for number, at in enumerate(checkpoints, start=1):
        direction = at.adam if optimizer == "adam" else sgd
        phi.append(unit(directions(at, candidates, projection_of(at, number), direction, 100)).numpy())
        psi.append(directions(at, seeds, projection_of(at, number), sgd, 100).numpy())
    targets = less.targets(np.stack(psi, axis=1), RATES, [""] * len(seeds), "each")
    return less.influence(np.stack(phi, axis=1), targets)[0]


@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
def test_the_score_of_twenty_pairs_equals_that_of_whole_gradients(checkpoints, optimizer):
    candidates, seeds = toy_examples(20, seed=5), toy_examples(4, seed=6)
    found = ranking_score(checkpoints, candidates, seeds, optimizer, lambda at, _: Whole(at.sizes()))
    assert found == pytest.approx(oracle(checkpoints, candidates, seeds, optimizer), abs=1e-6)


@pytest.mark.parametrize("kind", ["rademacher", "hashed"])
def test_the_projected_score_ranks_as_whole_gradients_do(checkpoints, kind):
    candidates, seeds = toy_examples(60, seed=5), toy_examples(8, seed=6)

    def projection_of(at, number):
        return RandomProjection(
            at.sizes(), dim=4096, kind=kind, memory_gib=1.0, seed=7, turn=number, device=torch.device("cpu")
        )

    found = ranking_score(checkpoints, candidates, seeds, "adam", projection_of)
    assert spearmanr(found, oracle(checkpoints, candidates, seeds, "adam")).statistic >= 0.99


def test_a_checkpoint_on_disk_is_the_model_and_the_optimiser_after_the_epoch(tmp_path):
    base = toy_model(dtype=torch.float32)
    save(tmp_path / "base", base, toy.tokenizer())
    examples = toy_examples(10)
    memory = toy.memory(lora=LORA)
    train_epochs(tmp_path / "warmup", base, examples, toy.settings(epochs=2.0), memory, 1, "less_warmup")
    at = load_checkpoint(tmp_path / "base", tmp_path / "warmup", 2)
    assert at.adam.step == 5
    assert at.sizes().keys() == at.adam.first.keys() == at.adam.second.keys()
    # The run ends there, with the adapters in the model that was given.
    trained = dict(base.named_parameters())
    for name in at.names:
        torch.testing.assert_close(at.model.get_submodule(name).weight, trained[f"{name}.weight"], rtol=0, atol=0)
    assert all(not module.training for module in at.model.modules())


def test_adapters_of_another_model_are_refused(tmp_path):
    save(tmp_path / "base", toy_model(num_layers=2, dtype=torch.float32), toy.tokenizer())
    memory = toy.memory(lora=LORA)
    model = toy_model(dtype=torch.float32)
    train_epochs(tmp_path / "warmup", model, toy_examples(4), toy.settings(epochs=1.0), memory, 1, "less_warmup")
    with pytest.raises(ValueError, match=r"epoch-1/adapter.safetensors: not adapters of .*base; run less_warmup again"):
        load_checkpoint(tmp_path / "base", tmp_path / "warmup", 1)
