"""Rank likely sound pairs by quality and diversity together: joint G-DIG."""

from gdig import stage
from gdig.config import Params
from gdig.paths import Paths
from gdig.ranking import write_ranking
from gdig.records import read_rows
from gdig.selectors import gdig_joint
from gdig.shards import read_matrix


def main(params: Params, paths: Paths, selector: str) -> None:
    """Run the stage."""
    settings = params.rank_gdig_joint
    rows = {row["id"]: row for row in read_rows(paths.cleanliness)}
    quality = {i: row["quality"] for i, row in rows.items()}
    probability = {i: row["probability"] for i, row in rows.items()}
    ids, gradients_ND = read_matrix(paths.gradients, "gradient")
    ranking = gdig_joint.rank(
        probability,
        quality,
        ids,
        gradients_ND,
        count=params.budgets[-1],
        min_probability=settings.min_probability,
        quality_weight=settings.quality_weight,
        ridge=settings.ridge,
        seed=settings.seed,
    )
    write_ranking(paths.ranking, ranking, quality)


if __name__ == "__main__":
    stage.run(main)
