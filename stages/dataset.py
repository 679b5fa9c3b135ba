"""Write the subsets as a dataset to hand on: each in several layouts, beside a card that says what they are."""

import logging

from gdig.config import Params
from gdig.dataset.card import card
from gdig.dataset.facts import Facts, File, public_name, public_seeds
from gdig.dataset.layouts import SUFFIXES, write_layout
from gdig.dataset.licences import origins
from gdig.dataset.rows import iterate_rows
from gdig.dataset.summary import summarise
from gdig.io.files import atomic_folder, digest, read_json, write_text
from gdig.io.ranking import RANKING
from gdig.io.records import read_rows
from gdig.labels import has_labels
from gdig.run.paths import Paths

logger = logging.getLogger(__name__)


def main(params: Params, paths: Paths) -> None:
    """Run the stage."""
    kinds = {row["id"]: row["noise"] for row in read_rows(paths.labels)} if params.noise.rate else {}
    known = kinds if has_labels(kinds.values()) else None
    subsets = []
    with atomic_folder(paths.dataset) as out:
        for selector in params.selectors:
            ranking = paths.subsets_of_all / selector / RANKING
            for budget in params.budgets:
                subset = paths.subsets_of_all / selector / f"{budget}.jsonl"
                for layout in params.dataset.layouts:
                    path = out / selector / f"{budget}{SUFFIXES[layout]}"
                    write_layout(layout, path, iterate_rows(subset, ranking, params.prompt))
                rows = iterate_rows(subset, ranking, params.prompt)
                subsets.append(summarise(selector, budget, rows, known))
        files = [
            File(path.relative_to(out).as_posix(), path.stat().st_size, digest(path))
            for path in sorted(out.rglob("*"))
            if path.is_file()
        ]
        facts = Facts(
            profile=params.profile,
            languages=params.languages,
            settings=params.dataset,
            prompt=params.prompt,
            subsets=subsets,
            example=next(iterate_rows(subset, ranking, params.prompt)),
            origins=origins(params.pool.sources, params.dataset),
            provenance=read_json(paths.provenance),
            quality=read_json(paths.quality_summary),
            noise_rate=params.noise.rate,
            decontaminated=params.prepare.decontaminate,
            tests=[source.name for source in params.pool.tests],
            params={
                "pool": {"num_pool": params.pool.num_pool, "seed": params.pool.seed},
                "noise": params.noise,
                "seeds": public_seeds(params.seeds),
                "prepare": params.prepare,
                "base": {"model": public_name(params.base.model), "revision": params.base.revision},
                "warmup": {"pool_share": params.warmup.pool_share},
                "curvature": {"kind": params.curvature.kind, "layer_step": params.curvature.layer_step},
                "influence": {
                    "estimator": params.influence.estimator,
                    "damping": params.influence.damping,
                    "damping_value": params.influence.damping_value,
                    "inverse": params.influence.inverse,
                },
                "quality": params.quality,
                "diversity": params.diversity,
                "rank_gdig_quality": {"order": params.rank_gdig_quality.order},
            },
            files=files,
        )
        write_text(out / "README.md", card(facts))
    logger.info("dataset: %d subsets in %d files, %s", len(subsets), len(files), paths.dataset / "README.md")
