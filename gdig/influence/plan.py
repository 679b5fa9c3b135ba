"""Choose the route of each tracked linear: the cheapest exact one whose seeds fit the memory limit."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from gdig.config import Influence
from gdig.influence.seed_gradients import DTYPES, bytes_of, num_rows
from gdig.lm.prompt import Example

GIB = 2**30


@dataclass(frozen=True, slots=True)
class Step:
    """Route and cost of one linear."""

    route: str
    num_bytes: int
    """Memory of the seeds."""
    flops: float
    """Floating-point operations per candidate."""


@dataclass(frozen=True, slots=True)
class Workload:
    """Sizes that determine the costs."""

    num_seeds: int
    num_seed_tokens: int
    candidate_tokens: float
    """Mean tokens of a candidate."""
    num_parameters: int
    """Parameters of the model."""

    @classmethod
    def of(cls, candidates: Sequence[Example], seeds: Sequence[Example], num_parameters: int) -> "Workload":
        """Return the workload of scoring `candidates` on `seeds`."""
        tokens = sum(len(example.tokens) for example in candidates)
        seed_tokens = sum(len(example.tokens) for example in seeds)
        return cls(len(seeds), seed_tokens, tokens / len(candidates), num_parameters)

    @property
    def pass_flops(self) -> float:
        """Operations of one candidate's forward pass and backward pass to its activations."""
        return 4 * self.num_parameters * self.candidate_tokens

    def split(self, num_passes: int) -> "Workload":
        """Return the workload of the largest of several passes that divide the seeds."""
        return replace(
            self,
            num_seeds=math.ceil(self.num_seeds / num_passes),
            num_seed_tokens=math.ceil(self.num_seed_tokens / num_passes),
        )


def plan_passes(
    shapes: Mapping[str, tuple[int, int]], workload: Workload, settings: Influence
) -> tuple[int, dict[str, Step]]:
    """Return the number of passes over the pool that divide the seeds, and the steps of each.

    More passes run the candidates through the model more often, but may allow a faster route.

    Raises:
        ValueError: no plan fits; gives the remedies.
    """
    refusal: ValueError | None = None
    found: list[tuple[float, int, dict[str, Step]]] = []
    for num_passes in range(1, min(settings.max_passes, workload.num_seeds) + 1):
        try:
            steps = plan(shapes, workload.split(num_passes), settings)
        except ValueError as error:
            refusal = refusal or error
            continue
        flops = num_passes * (workload.pass_flops + sum(step.flops for step in steps.values()))
        found.append((flops, num_passes, steps))
    if not found:
        assert refusal is not None
        raise refusal
    return min(found, key=lambda option: option[:2])[1:]


def plan(shapes: Mapping[str, tuple[int, int]], workload: Workload, settings: Influence) -> dict[str, Step]:
    """Return the step of every linear in one pass, shapes being (O, I).

    `auto` uses only exact routes. It starts with the fastest route everywhere; if that exceeds `memory_gib`, the
    linears that save the most bytes per extra operation switch to their smallest route.

    Raises:
        ValueError: no plan fits; gives the remedies.
    """
    if settings.route == "auto":
        exact = ("hybrid", "token_pairs") if settings.inverse == "factored" else ("dense",)
        options = {name: [_step(route, shape, workload, settings) for route in exact] for name, shape in shapes.items()}
    else:
        options = {name: [_step(settings.route, shape, workload, settings)] for name, shape in shapes.items()}
    steps = {name: min(found, key=lambda step: (step.flops, step.num_bytes)) for name, found in options.items()}
    smallest = {name: min(found, key=lambda step: (step.num_bytes, step.flops)) for name, found in options.items()}

    def bytes_an_operation(name: str) -> float:
        saved = steps[name].num_bytes - smallest[name].num_bytes
        return saved / (smallest[name].flops - steps[name].flops + 1)

    for name in sorted(shapes, key=bytes_an_operation, reverse=True):
        if _total(steps) > settings.memory_gib * GIB:
            steps[name] = smallest[name]
    if _total(steps) > settings.memory_gib * GIB:
        raise ValueError(_refusal(shapes, steps, workload, settings))
    return steps


def describe(num_passes: int, steps: Mapping[str, Step], workload: Workload, settings: Influence) -> str:
    """Return the plan in one line, for the log."""
    counts = Counter(step.route for step in steps.values())
    routes = ", ".join(f"{route} at {count} linears" for route, count in sorted(counts.items()))
    flops = sum(step.flops for step in steps.values())
    passes = "one pass" if num_passes == 1 else f"{num_passes} passes, a part of them in each,"
    return (
        f"{workload.num_seeds} seeds in {passes} over the pool take {_total(steps) / GIB:.3f} of "
        f"{settings.memory_gib:g} GiB ({settings.inverse} inverse, {settings.precision}; {routes}); "
        f"{flops / 1e9:.3g} GFLOP a candidate beside the {workload.pass_flops / 1e9:.3g} of the model's forward and "
        f"backward pass"
    )


def _step(route: str, shape: tuple[int, int], workload: Workload, settings: Influence) -> Step:
    outputs, inputs = shape
    rows = num_rows(workload.num_seed_tokens, workload.num_seeds, route, settings.rank, shape)
    if route in ("dense", "hybrid"):
        flops = 2 * outputs * inputs * (workload.candidate_tokens + workload.num_seeds)
    else:
        flops = workload.candidate_tokens * rows * (2 * (outputs + inputs) + 2)
    return Step(route, bytes_of(route, shape, workload.num_seeds, rows, DTYPES[settings.precision]), flops)


def _total(steps: Mapping[str, Step]) -> int:
    return sum(step.num_bytes for step in steps.values())


def _refusal(
    shapes: Mapping[str, tuple[int, int]], steps: Mapping[str, Step], workload: Workload, settings: Influence
) -> str:
    granted = settings.memory_gib * GIB
    fitting = int(granted / (_total(steps) / workload.num_seeds))
    rank = int(granted / (workload.num_seeds * DTYPES[settings.precision].itemsize * sum(map(sum, shapes.values()))))
    remedies = [f"raise it to {_total(steps) / GIB:.2f}", f"use at most {fitting} seeds (seeds.count)"]
    if fitting:
        remedies.append(f"allow {math.ceil(workload.num_seeds / fitting)} passes over the pool (influence.max_passes)")
    if settings.inverse == "eigen":
        remedies.append("set influence.inverse: factored, whose route token_pairs is exact and smaller")
    if rank:
        remedies.append(f"set influence.route: low_rank with influence.rank: {rank} or less")
    if settings.precision == "float32":
        remedies.append("halve it with influence.precision: bfloat16")
    remedies.append("or track fewer layers (curvature.layer_step)")
    return (
        f"influence.memory_gib = {settings.memory_gib:g}, but the gradients of {workload.num_seeds} seeds take "
        f"{_total(steps) / GIB:.2f} GiB on route {' and '.join(sorted({step.route for step in steps.values()}))}; "
        + ", ".join(remedies)
    )
