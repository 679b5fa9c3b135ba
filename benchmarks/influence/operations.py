"""What the stages of influence take at a shape, counted: floating-point operations, and bytes.

A product of X x Y with Y x Z counts as 2 X Y Z operations. Norms, activations and softmax are left out: at 7B they are
thousandths of the products around them. Attention counts as whole squares, though kernels may skip what is masked. The
products are those of `gdig.curvature` and `gdig.influence`; routes and their costs come from the plan itself.

Shapes: T tokens and R response tokens of an example, D hidden, F MLP, V vocabulary; I inputs and O outputs of a linear.
"""

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch

from benchmarks.influence.engines import ENGINES, MEMORY_GIB, Kind
from benchmarks.influence.workload import LAYER_STEP, LINEARS, Shape, make_model
from gdig.config import Influence
from gdig.influence.kfac import GRAM_BLOCK
from gdig.influence.plan import GIB, Step, Workload, plan
from gdig.influence.seed_gradients import SVD_ITERATIONS, SVD_OVERSAMPLING
from gdig.influence.sketch import width
from gdig.lm.layers import linear_shape, tracked_linears

FLOAT32 = 4
"""Bytes of a number."""
GRADIENT_DIM = 400
"""Numbers of a projected gradient (params: gradients.dim)."""


@dataclass(frozen=True)
class Counts:
    """Operations and bytes of one engine at one shape; bytes are those of one device, which holds everything whole."""

    shape: Shape
    settings: Influence
    kind: Kind
    dtype: torch.dtype
    """Of the model's weights; what is captured, and the curvature, are float32 for either."""

    @cached_property
    def model(self) -> Any:
        """The model without its numbers."""
        return make_model(self.shape, torch.device("meta"), self.dtype)

    @cached_property
    def linears(self) -> dict[str, tuple[int, int]]:
        """Shapes (O, I) of the tracked linears."""
        names = tracked_linears(self.model, LAYER_STEP, LINEARS)
        return {name: linear_shape(self.model, name) for name in names}

    @cached_property
    def steps(self) -> dict[str, Step]:
        """The plan of the engine.

        Raises:
            ValueError: the seeds do not fit; says what would.
        """
        shape = self.shape
        workload = Workload(shape.m, shape.m * shape.tokens, shape.tokens, self.model.num_parameters())
        return plan(self.linears, workload, self.settings)

    @property
    def forward(self) -> float:
        """Operations of an example's way through the model: all blocks, and the head at response positions."""
        shape = self.shape
        return shape.layers * (self._block() + 4 * shape.tokens**2 * shape.hidden) + self._head()

    @property
    def backward(self) -> float:
        """Operations of an example's way back to the lowest tracked linear, no weight gradients among them.

        The graph begins at the outputs of the lowest tracked block's gate and up projections: of that block its down
        projection alone is passed. An attention has twice as many products backward as forward.
        """
        shape = self.shape
        above = shape.layers - LAYER_STEP
        lowest = 2 * shape.tokens * shape.hidden * shape.mlp
        return self._head() + above * (self._block() + 8 * shape.tokens**2 * shape.hidden) + lowest

    @property
    def contraction(self) -> float:
        """Operations of contracting a candidate with all seeds, as the plan has them."""
        return sum(step.flops for step in self.steps.values())

    @property
    def candidate(self) -> float:
        """Operations of scoring a candidate."""
        return self.forward + self.backward + self.contraction

    @property
    def preparation(self) -> float:
        """Operations of the seeds: through the model, preconditioned, in the form of their routes."""
        shape = self.shape
        num_batches = math.ceil(shape.m / max(1, shape.max_tokens // shape.tokens))
        total = shape.m * (self.forward + self.backward)
        for name, step in self.steps.items():
            outputs, inputs = self.linears[name]
            tokens_alone = 2 * shape.tokens * (outputs**2 + inputs**2)
            gradient = 2 * shape.tokens * outputs * inputs
            rotated_back = 2 * outputs * inputs * (outputs + inputs)
            if step.route in ("hybrid", "token_pairs"):
                total += num_batches * 2 * (outputs**3 + inputs**3)  # the inverse factors, once a batch
                total += shape.m * (tokens_alone + (gradient if step.route == "hybrid" else 0))
            else:
                total += shape.m * (tokens_alone + gradient + rotated_back)
            if step.route == "low_rank":  # two products an iteration, one before and one after (Halko et al. 2011)
                kept = min(self.settings.rank + SVD_OVERSAMPLING, outputs, inputs)
                total += shape.m * (2 * SVD_ITERATIONS + 2) * 2 * outputs * inputs * kept
        return total

    def curvature(self, num_examples: int) -> float:
        """Operations of the curvature's sums over examples, without the decompositions."""
        tokens = self.shape.tokens
        numbers = sum(map(sum, self.linears.values())) * num_examples * tokens
        passes = 1 if self.kind == "kfac" or numbers * FLOAT32 <= MEMORY_GIB * GIB else 2
        an_example = passes * (self.forward + self.backward)
        an_example += sum(count * _gram(size, tokens) for size, count in self.factors.items())
        if self.kind == "ekfac":
            for outputs, inputs in self.linears.values():
                an_example += 2 * tokens * (outputs**2 + inputs**2 + outputs * inputs)
        return num_examples * an_example

    @property
    def factors(self) -> Counter[int]:
        """Sizes of the K-FAC factors, and how many there are of each; gate and up projections share their input's."""
        hidden, mlp, num_blocks = self.shape.hidden, self.shape.mlp, len(self.linears) // len(LINEARS)
        return Counter([mlp, mlp, hidden, hidden, mlp] * num_blocks)

    @property
    def decomposition(self) -> float:
        """Cubes of the factors' sizes, with which the time of their decompositions grows."""
        return sum(count * size**3 for size, count in self.factors.items())

    @property
    def clustering(self) -> float:
        """Operations of a candidate in the pass that projects its gradient at the last block's down projection."""
        shape, side = self.shape, math.isqrt(GRADIENT_DIM)
        projected = 2 * shape.tokens * (side * (shape.hidden + shape.mlp) + GRADIENT_DIM)
        return self.forward + self._head() + projected

    @property
    def weight_bytes(self) -> int:
        """Bytes of the model's weights."""
        numbers: int = self.model.num_parameters()
        return numbers * self.dtype.itemsize

    @property
    def curvature_bytes(self) -> int:
        """Bytes of the eigenbases as influence loads them, and as the file holds them: every linear has its own."""
        numbers = sum(outputs**2 + inputs**2 + outputs + inputs for outputs, inputs in self.linears.values())
        if self.kind == "ekfac":
            numbers += sum(map(math.prod, self.linears.values()))
        return numbers * FLOAT32

    @property
    def factor_bytes(self) -> int:
        """Bytes of the K-FAC factors before they are decomposed, float32; shared ones count once."""
        return FLOAT32 * sum(count * size**2 for size, count in self.factors.items())

    @property
    def tap_bytes(self) -> int:
        """Bytes of what passes through the tracked linears in a batch, float32; gate and up share their inputs."""
        shape = self.shape
        rows = max(1, shape.max_tokens // shape.tokens) * shape.tokens
        num_blocks = len(self.linears) // len(LINEARS)
        return FLOAT32 * rows * num_blocks * (3 * shape.mlp + 2 * shape.hidden)

    @property
    def seed_bytes(self) -> int:
        """Bytes of the seeds' gradients on the routes of the plan."""
        return sum(step.num_bytes for step in self.steps.values())

    def influence_bytes(self, num_candidates: int) -> int:
        """Bytes of the influence matrix on disk, ids aside."""
        return FLOAT32 * num_candidates * self.shape.m

    def _block(self) -> float:
        """Operations of the linears of a block, forward; backward to their inputs they are as many."""
        shape = self.shape
        return 2 * shape.tokens * (4 * shape.hidden**2 + 3 * shape.hidden * shape.mlp)

    def _head(self) -> float:
        return 2 * self.shape.response * self.shape.hidden * self.shape.vocabulary


def counts(engine: str, shape: Shape, dtype: torch.dtype, **changes: Any) -> Counts:
    """Return the counts of one of our engines.

    Args:
        engine: its name in the benchmark.
        shape: model, examples and seeds.
        dtype: precision of the model.
        changes: of the engine's settings, such as `memory_gib`, which the plan may give to the seeds.
    """
    settings = ENGINES[engine].settings
    if settings is None:
        ours = ", ".join(name for name, known in ENGINES.items() if known.settings)
        raise ValueError(f"operations of engine {engine} are not counted; choose one of {ours}")
    return Counts(shape, settings(shape.max_tokens).model_copy(update=changes), ENGINES[engine].kind, dtype)


def sketch_bytes(linears: Mapping[str, tuple[int, int]], num_candidates: int, rank: int) -> int:
    """Return the bytes of a cache of sketches of that rank at every linear, float32."""
    return FLOAT32 * num_candidates * width(linears.values(), rank)


def _gram(size: int, rows: int) -> float:
    """Operations of a Gram matrix of that size over rows, by blocks on and above its diagonal."""
    return sum(2 * rows * min(GRAM_BLOCK, size - start) * (size - start) for start in range(0, size, GRAM_BLOCK))
