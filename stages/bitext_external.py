"""Read the scores that other tools gave the pairs of the pool, and take several files together.

Files are checked whole: every pair of the pool has one score in each. What made them is recorded beside the scores.
"""

from gdig.config import Params
from gdig.io.files import digest, write_json
from gdig.io.records import read_pairs, write_rows
from gdig.run.paths import Paths
from gdig.selectors.bitext.external import read_scores, score_files, together


def main(params: Params, paths: Paths, selector: str) -> None:
    """Run the stage."""
    settings = params.external
    if settings.scores == "none":
        raise ValueError("external.scores is none; name a file or folder of scores below data/external")
    ids = {pair.id for pair in read_pairs(paths.pool)}
    given = score_files(paths.external_given, [file.name for file in settings.files])
    scores = []
    for file in settings.files:
        sign = 1 if file.better == "high" else -1
        scores.append({i: sign * score for i, score in read_scores(given[file.name], ids).items()})
    combined = together(scores)
    write_rows(paths.bitext, ({"id": i, "score": combined[i]} for i in sorted(ids)))
    write_json(
        paths.external_record,
        [file.model_dump() | {"sha256": digest(given[file.name])} for file in settings.files],
    )
