"""What is run on a tiny model: the checks of stage `base`, then losses, gradients, influence and translations.

Shapes: B examples, T tokens, R positions, V vocabulary, I inputs and O outputs of a linear, C candidates, M seeds.
"""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch
import torch.nn.functional as F
from transformers import GenerationConfig
from transformers.pytorch_utils import Conv1D

from gdig.base.behaviour import check_behaviour
from gdig.base.checkpoint import check_checkpoint
from gdig.config import Influence, Params, Translate
from gdig.influence.capture import capture
from gdig.influence.damping import Damping
from gdig.influence.kfac import eigenbases, factors
from gdig.influence.score import influence, precondition_seeds
from gdig.lm.batches import pad
from gdig.lm.head import last_hidden_states
from gdig.lm.layers import LINEAR, decoder_blocks, linear_shape, require_own_weights, tracked_linears
from gdig.lm.load import load_model
from gdig.lm.loss import example_losses
from gdig.lm.prompt import Example
from gdig.tools.architectures.tiny import VOCABULARY, tiny_model
from gdig.translate.prompts import Task
from gdig.translate.transformers_backend import Transformers

NUM_LINEARS = 3
"""At which influence is computed: its dense inverse has the size of a linear, squared."""
DAMPING = Damping("relative", 0.1, "eigen", 1, 1.0)
TOLERANCES = {torch.float64: 1e-4, torch.float32: 1e-2}
"""Largest difference as a share of the largest value: many take rotations or routers in float32 in any case."""


@dataclass
class Outcome:
    """What became of an architecture."""

    kind: str
    """model_type."""
    result: str
    """`runs`, `refused` or `not built`."""
    reason: str = ""
    tracked: list[str] = field(default_factory=list)
    """Paths of linears whose gradients are those of autograd."""
    untracked: dict[str, str] = field(default_factory=dict)
    """Paths of the other linears of blocks, and the message with which they are refused."""


def outcome(kind: str, params: Params) -> Outcome:
    """Build an architecture tiny, save it as users' folders are, and run everything on it.

    Raises:
        AssertionError: something runs and is wrong.
    """
    try:
        tiny = tiny_model(kind)
    except Exception as error:  # each configuration raises its own errors
        return Outcome(kind, "not built", _first_line(error))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        tiny.save_pretrained(folder)
        try:
            check_checkpoint(folder)
            check_behaviour(folder, examples(1, 5)[0].tokens * 3)
        except ValueError as error:
            return Outcome(kind, "refused", str(error).replace(f"{folder}/", "").replace(f"{folder}: ", ""))
        check_translation(folder, params.translate)
        model = _precise(folder)
        check_losses(model)
        found = Outcome(kind, "runs")
        for path in paths_of(model):
            try:
                check_gradients(model, _names(model, path))
            except ValueError as error:
                found.untracked[path] = str(error)
            else:
                found.tracked.append(path)
        if found.tracked:
            check_influence(model, found.tracked, params.influence)
    return found


def _precise(folder: Path) -> Any:
    """Load a model in float64, or in float32 where its code names float32, or takes masks for float32's."""
    model = load_model(folder, "float64", onto="cpu")
    try:
        with torch.no_grad():
            if bool(torch.isfinite(example_losses(model, pad(examples(4, 1)))).all()):
                return model
    except RuntimeError:
        pass
    return load_model(folder, onto="cpu")


def _first_line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return " ".join(lines[:2])


def examples(count: int, seed: int) -> list[Example]:
    """Return prompts and responses of seeded tokens, 5 to 11 in all."""
    generator = torch.Generator().manual_seed(seed)
    found = []
    for number in range(count):
        length = 5 + (3 * number + seed) % 7
        tokens = torch.randint(2, VOCABULARY, (length,), generator=generator).tolist()
        found.append(Example(f"e{number}", tokens, 1 + number % (length - 2)))
    return found


def check_losses(model: Any) -> None:
    """Hold losses of a padded batch against the model's own logits of each text alone."""
    batch = examples(4, 1)
    with torch.no_grad():
        for found, example in zip(example_losses(model, pad(batch)), batch, strict=True):
            tokens = torch.tensor([example.tokens])
            logits_TV = model(input_ids=tokens).logits[0]
            start = example.prompt_length
            expected = F.cross_entropy(logits_TV[start - 1 : -1], tokens[0, start:])
            _close(found, expected, model, f"loss of {example.id}")
            hidden_BTD = last_hidden_states(model, input_ids=tokens, attention_mask=torch.ones_like(tokens))
            assert hidden_BTD.shape[:2] == tokens.shape, hidden_BTD.shape


def paths_of(model: Any) -> list[str]:
    """Return the paths of linears in a block, of all kinds of blocks."""
    _, blocks = decoder_blocks(model)
    return list(
        dict.fromkeys(path for block in blocks for path, part in block.named_modules() if isinstance(part, LINEAR))
    )


def _names(model: Any, path: str) -> list[str]:
    """Return the full names of a path in the blocks that have it; one by one, since others may be of another kind."""
    prefix, blocks = decoder_blocks(model)
    wanted = [
        number for number, block in enumerate(blocks) if isinstance(dict(block.named_modules()).get(path), LINEAR)
    ]
    names = [f"{prefix}.{number}.{path}" for number in wanted]
    if len(wanted) == len(blocks):
        return tracked_linears(model, 1, [path])
    require_own_weights(model, names)
    return names


def check_gradients(model: Any, names: Sequence[str]) -> None:
    """Hold the weight gradients of captured linears in a padded batch against autograd on each example alone.

    Raises:
        ValueError: a linear is not tracked.
    """
    batch = examples(3, 2)
    taps = capture(model, names, batch)
    if not any(bool(tap.gradient_BTO.any()) for tap in taps.values()):
        raise ValueError("no gradient reaches it")
    for row, example in enumerate(batch):
        for name, expected_OI in zip(names, _autograd(model, names, example), strict=True):
            _close(taps[name].weight_gradients()[row], expected_OI, model, f"gradient at {name}")


def _autograd(model: Any, names: Sequence[str], example: Example) -> list[torch.Tensor]:
    """Return the gradients of an example's loss by its whole weights, each O x I."""
    weights = [model.get_submodule(name).weight for name in names]
    found = torch.autograd.grad(example_losses(model, pad([example]))[0], weights, allow_unused=True)
    whole = [
        weight.new_zeros(weight.shape) if grad is None else grad for grad, weight in zip(found, weights, strict=True)
    ]
    transposed = [isinstance(model.get_submodule(name), Conv1D) for name in names]
    return [grad.T if is_transposed else grad for grad, is_transposed in zip(whole, transposed, strict=True)]


def check_influence(model: Any, paths: Sequence[str], settings: Influence) -> None:
    """Hold influence against - grad^T (S (x) A + damping)^-1 grad with autograd's gradients and dense inverses."""
    names = [name for path in paths for name in _names(model, path)]
    statistics = factors(model, names, examples(6, 5), 40)
    # Without those of no gradient but round-off, such as a router's whose one weight is 1.
    least = 1e-9 * max(float(s_OO.trace()) for s_OO, _ in statistics.values())
    names = [name for name in names if statistics[name][0].trace() > least]
    names = sorted(names, key=lambda name: linear_shape(model, name)[0] * linear_shape(model, name)[1])[:NUM_LINEARS]
    statistics = {name: statistics[name] for name in names}
    candidates, seeds = examples(3, 3), examples(2, 4)
    routes = dict.fromkeys(names, "dense")
    prepared = precondition_seeds(model, seeds, eigenbases(statistics), DAMPING, routes, settings)
    found_CM = influence(model, candidates, prepared, 40)
    expected_CM = torch.zeros(len(candidates), len(seeds), dtype=torch.float64)
    both = [
        [torch.cat([grad.flatten() for grad in _autograd(model, [name], example)]) for name in names]
        for example in (*candidates, *seeds)
    ]
    for place, name in enumerate(names):
        s_OO, a_II = (factor.double() for factor in statistics[name])
        amount = 0.1 * s_OO.trace() / len(s_OO) * a_II.trace() / len(a_II)
        curvature = torch.kron(s_OO, a_II) + amount * torch.eye(len(s_OO) * len(a_II), dtype=torch.float64)
        g_C, g_M = (
            torch.stack([gradients[place].double() for gradients in part])
            for part in (both[: len(candidates)], both[len(candidates) :])
        )
        expected_CM -= g_C @ torch.linalg.solve(curvature, g_M.T)
    _close(found_CM, expected_CM.to(found_CM.dtype), model, f"influence at {', '.join(names)}")


def check_translation(folder: Path, settings: Translate) -> None:
    """Hold decoding of a batch against one prompt at a time.

    Greedy: the largest logit of whole passes. Beams: transformers' own search, its cache too.
    """
    model = load_model(folder, onto="cpu")
    model.generation_config = GenerationConfig()
    tokenizer: Any = SimpleNamespace(pad_token_id=0)
    tasks = [Task(example.id, example.tokens, 3 + number) for number, example in enumerate(examples(3, 6))]
    for num_beams in (1, 2):
        changed = settings.model_copy(update={"num_beams": num_beams, "dtype": "float32"})
        decode = Transformers(folder, tokenizer, changed, [0])
        for task, found in zip(tasks, decode(tasks), strict=True):
            expected = _greedy(model, task) if num_beams == 1 else _beams(model, task, decode.generation)
            assert found[: len(expected)] == expected, f"{num_beams} beams give {found} for {expected}"


def _greedy(model: Any, task: Task) -> list[int]:
    tokens = list(task.tokens)
    with torch.inference_mode():
        while len(tokens) < len(task.tokens) + task.limit and (len(tokens) == len(task.tokens) or tokens[-1] != 0):
            tokens.append(int(model(input_ids=torch.tensor([tokens])).logits[0, -1].argmax()))
    return tokens[len(task.tokens) :]


def _beams(model: Any, task: Task, generation: dict[str, Any]) -> list[int]:
    prompt = torch.tensor([task.tokens])
    settings = GenerationConfig(max_new_tokens=task.limit, **generation)
    found = model.generate(input_ids=prompt, attention_mask=torch.ones_like(prompt), generation_config=settings)
    tokens: list[int] = found.sequences[0, len(task.tokens) :].tolist()
    return tokens


def _close(found: torch.Tensor, expected: torch.Tensor, model: Any, what: str) -> None:
    bound = TOLERANCES[model.dtype] * max(float(expected.abs().max()), 1e-6)
    difference = float((found.to(expected.dtype) - expected).abs().max())
    assert found.shape == expected.shape and difference <= bound, f"{what} differs by {difference}, {bound} allowed"
