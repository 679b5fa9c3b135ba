"""Clean, deduplicate and decontaminate every part; count each rejection and keep samples.

Test sets stay whole and are not edited beyond NFC. A seed that is rejected is replaced, so that there are seeds.count
of them. Nothing of test occurs in valid, seeds, pool or base text; nothing of valid in seeds, pool or base text; and so
on.
"""

import logging
from typing import Any

from gdig.cleaning.clean import clean
from gdig.cleaning.decontaminate import Forbidden
from gdig.cleaning.rejects import NUM_SAMPLES
from gdig.cleaning.rules import without_rejection
from gdig.config import Params
from gdig.io.files import write_json
from gdig.io.records import read_pairs
from gdig.run import stage
from gdig.run.paths import Paths

logger = logging.getLogger(__name__)
MAX_NAMED = 32
"""Lost seeds that a message names."""


def main(params: Params, paths: Paths) -> None:
    """Run the stage."""
    parts = (
        ("test", paths.raw_test, paths.test),
        ("valid", paths.raw_valid, paths.valid),
        ("seeds", paths.seed_revisions, paths.seeds),
        ("pool", paths.raw_pool, paths.pool),
        ("base_text", paths.raw_base_text, paths.base_text),
    )
    rules = [params.prepare, *map(params.prepare.of, params.prepare.overrides)]
    ngram_sizes = {n for n in (rule.decontaminate_ngram for rule in rules) if n}
    forbidden, summary = Forbidden(), {}
    for position, (part, source, target) in enumerate(parts):
        later = [other for _, other, _ in parts[position + 1 :] if other.stat().st_size]
        rejects, forbidden.ids[part] = clean(
            source,
            target,
            without_rejection(params.prepare) if part == "test" else params.prepare,
            params.languages,
            forbidden,
            spares=paths.seed_spares if part == "seeds" else None,
            num_processes=stage.num_threads(),
            num_samples=None if part == "seeds" else NUM_SAMPLES,
            remember=bool(later),
        )
        summary[part] = rejects.summary()
        logger.info("%s: %d of %d pairs kept; rejected: %s", part, rejects.kept, rejects.seen, rejects.counts)
        if rejects.matched:
            logger.info("%s: contaminated by what stands in %s", part, rejects.matched)
        if not rejects.kept and part != "base_text":
            raise ValueError(f"{source}: no pair passes the rules {rejects.counts}; loosen params.prepare")
        if part == "seeds":
            _tell_lost_seeds(summary[part], params.seeds.count)
        # The n-grams of a pool would not fit memory; base text is held against its whole sentences alone.
        if ngram_sizes and later and part != "pool":
            forbidden.add_ngrams(part, read_pairs(target), ngram_sizes)
    _tell_unused_overrides(params.prepare.overrides.keys(), summary)
    write_json(paths.rejects, summary)


def _tell_lost_seeds(summary: dict[str, Any], count: int) -> None:
    """Warn of every seed that was rejected: seeds are few, and each was revised by hand.

    Raises:
        ValueError: there were too few to replace them.
    """
    num_kept = sum(corpus["kept"] for corpus in summary.values())
    told = [
        f"{seed['id']} ({rule}{' by {part} {id}'.format(**seed['matches']) if 'matches' in seed else ''})"
        for corpus in summary.values()
        for rule, seeds in corpus["samples"].items()
        for seed in seeds
    ]
    lost = ", ".join(told[:MAX_NAMED]) + (f" and {len(told) - MAX_NAMED} more" if len(told) > MAX_NAMED else "")
    if num_kept < count:
        found = ", ".join(f"{corpus['kept']} of {corpus['seen']} rows of {name}" for name, corpus in summary.items())
        raise ValueError(
            f"seeds: only {num_kept} of seeds.count = {count} pass params.prepare, the reserve included ({found}); "
            f"rejected: {lost}. Loosen those rules, add rows to seeds.sources or raise seeds.reserve, or set "
            f"seeds.count: {num_kept}"
        )
    if lost:
        logger.warning("seeds: these were rejected, and others of the reserve took their place: %s", lost)


def _tell_unused_overrides(overrides: Any, summary: dict[str, Any]) -> None:
    if unused := sorted(overrides - {corpus for part in summary.values() for corpus in part}):
        logger.warning("prepare.overrides: no pair has an id that begins with %s; nothing was changed", unused)
