"""The two influence estimators: exact passes over the pool, and estimates from sketches."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch

from gdig.config import Influence
from gdig.influence.damping import Damping
from gdig.influence.kfac import Eigenbasis
from gdig.influence.plan import Workload, describe, plan_passes
from gdig.influence.probe import Estimate, Trial, other_routes
from gdig.influence.score import influence, precondition_seeds
from gdig.influence.seed_gradients import Seeds
from gdig.influence.sketch import estimate, estimated_influence, larger_ranks, rank_of, sketches, whitening
from gdig.io.matrix import FloatArray, read_rows
from gdig.lm.passes.shards import Compute
from gdig.lm.prompt import Example


@dataclass(frozen=True, slots=True)
class Estimator:
    """How influence is computed and probed."""

    description: str
    """The plan, for the log."""
    record: dict[str, Any]
    """The plan, for the metrics."""
    seeds: Sequence[Example]
    """Seeds that `estimate` supports."""
    estimate: Estimate
    """Scores some candidates on some of these seeds like the passes do; call it before them."""
    trials: Iterable[Trial]
    """Alternatives that may agree better."""
    passes: Sequence[Callable[[], Compute]]
    """Each prepares a part of the seeds, in order, and returns a function that computes rows of candidates."""


def exact(
    model: Any,
    candidates: Sequence[Example],
    seeds: Sequence[Example],
    bases: Mapping[str, Eigenbasis],
    damping: Damping,
    settings: Influence,
) -> Estimator:
    """Return the estimator that runs the candidates through the model, once per part of the seeds.

    Raises:
        ValueError: the seeds' gradients do not fit `settings.memory_gib`; gives the remedies.
    """
    workload = Workload.of(candidates, seeds, model.num_parameters())
    shapes = {name: basis.shape for name, basis in bases.items()}
    num_passes, steps = plan_passes(shapes, workload, settings)
    routes = {name: step.route for name, step in steps.items()}
    parts = [list(part) for part in _parts(seeds, num_passes)]

    def prepared(part: Sequence[Example]) -> dict[str, Seeds]:
        return precondition_seeds(model, part, bases, damping, routes, settings)

    # The probe uses the seeds of the first pass.
    first: list[dict[str, Seeds]] = []
    columns = {seed.id: column for column, seed in enumerate(parts[0])}

    def probe(few: Sequence[Example], few_seeds: Sequence[Example]) -> torch.Tensor:
        if not first:
            first.append(prepared(parts[0]))
        return influence(model, few, first[0], settings.max_tokens)[:, [columns[seed.id] for seed in few_seeds]]

    def scoring(gradients: Mapping[str, Seeds]) -> Compute:
        return lambda rows: influence(model, [candidates[row] for row in rows], gradients, settings.max_tokens).numpy()

    def one_pass(part: Sequence[Example]) -> Compute:
        gradients = first[0] if first and part is parts[0] else None
        first.clear()  # one part in memory at a time
        return scoring(gradients or prepared(part))

    return Estimator(
        f"influence of {len(candidates)} candidates: {describe(num_passes, steps, workload, settings)}",
        {
            "num_passes": num_passes,
            "num_linears": Counter(routes.values()),
            "seed_gradients_mib": sum(step.num_bytes for step in steps.values()) / 2**20,
        },
        parts[0],
        probe,
        other_routes(model, bases, damping, routes, settings),
        [partial(one_pass, part) for part in parts],
    )


def from_sketches(
    model: Any,
    candidates: Sequence[Example],
    seeds: Sequence[Example],
    bases: Mapping[str, Eigenbasis],
    damping: Damping,
    settings: Influence,
    cache: Path,
) -> Estimator:
    """Return the estimator that runs only the seeds through the model and reads the candidates' sketches."""
    _, some_NK = read_rows(cache, "sketch", range(1))
    rank = rank_of(bases, some_NK.shape[1])
    scoring = model, bases, damping, rank, settings.max_tokens

    def prepare() -> Compute:
        seeds_MK = sketches(model, seeds, bases, rank, settings.max_tokens)
        whitening_K = whitening(bases, damping, rank)

        def compute(rows: range) -> FloatArray:
            ids, rows_NK = read_rows(cache, "sketch", rows)
            assert ids == [candidates[row].id for row in rows]
            return estimated_influence(torch.from_numpy(rows_NK), seeds_MK, whitening_K).numpy()

        return compute

    return Estimator(
        f"influence of {len(candidates)} candidates on {len(seeds)} seeds, from sketches of rank {rank}",
        {"sketch_rank": rank},
        seeds,
        estimate(*scoring),
        larger_ranks(*scoring),
        [prepare],
    )


def _parts(seeds: Sequence[Example], count: int) -> Iterator[Sequence[Example]]:
    size = -(-len(seeds) // count)
    for start in range(0, len(seeds), size):
        yield seeds[start : start + size]
