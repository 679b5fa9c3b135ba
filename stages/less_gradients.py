"""LESS, gradients: one pass over seeds and pool at every checkpoint, both projected by the checkpoint's own map."""

import logging
from collections.abc import Callable, Sequence

from gdig.config import Params
from gdig.io.files import read_json
from gdig.io.matrix import FloatArray
from gdig.io.records import read_pairs
from gdig.lm.load import load_tokenizer
from gdig.lm.memory import enough_memory
from gdig.lm.passes.shards import Compute, pool_passes
from gdig.lm.prompt import Example, encode_instructions
from gdig.run.paths import Paths
from gdig.selectors.less.gradients import Direction, directions, load_checkpoint, sgd, unit
from gdig.selectors.less.random_projection import RandomProjection
from gdig.training.run import RECORD

logger = logging.getLogger(__name__)

SEVERAL_PROCESSES = True
"""It divides its work, see `gdig.lm.passes.processes`."""


def main(params: Params, paths: Paths) -> None:
    """Run the stage."""
    settings = params.less_gradients
    # LESS's code projects by one matrix at all checkpoints.
    is_published = settings.preset == "published"
    tokenizer = load_tokenizer(paths.base)
    seeds = encode_instructions(read_pairs(paths.seeds), tokenizer, params.prompt)
    pool = encode_instructions(read_pairs(paths.pool), tokenizer, params.prompt)
    numbers = range(1, len(read_json(paths.less_warmup / RECORD)["checkpoints"]) + 1)
    logger.info("less: %d pairs and %d seeds at %d checkpoints", len(pool), len(seeds), len(numbers))

    def passes(examples: Sequence[Example], *, of_seeds: bool) -> list[Callable[[], Compute]]:
        def prepare(number: int) -> Compute:
            checkpoint = load_checkpoint(paths.base, paths.less_warmup, number)
            adam = checkpoint.adam.published if is_published else checkpoint.adam
            direction: Direction = sgd if of_seeds or settings.optimizer == "sgd" else adam
            projection = RandomProjection(
                checkpoint.sizes(),
                dim=settings.dim,
                kind=settings.projection,
                memory_gib=settings.memory_gib,
                seed=settings.seed,
                turn=1 if is_published else number,
                device=checkpoint.model.device,
            )

            @enough_memory("less_gradients.max_tokens", settings.max_tokens)
            def compute(rows: range) -> FloatArray:
                some = examples[rows.start : rows.stop]
                found_NK = directions(checkpoint, some, projection, direction, settings.max_tokens)
                # The length of a seed's gradient is still wanted: see rank_less.seed_gradients.
                values: FloatArray = (found_NK if of_seeds else unit(found_NK)).numpy()
                return values

            return compute

        return [lambda number=number: prepare(number) for number in numbers]  # type: ignore[misc]

    # Seeds first: a kill in the long pass over the pool then costs no more than its shards do.
    for out, examples, source in (
        (paths.less_seed_gradients, seeds, paths.seeds),
        (paths.less_gradients, pool, paths.pool),
    ):
        pool_passes(
            out,
            "gradient",
            [example.id for example in examples],
            settings.shard_size,
            passes(examples, of_seeds=source == paths.seeds),
            values=(settings, params.prompt),
            files=[paths.base, paths.less_warmup, source],
        )
