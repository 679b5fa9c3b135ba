"""Score translations of the test sets by systems that were not trained here, in the same way as those of the cells."""

import logging

from gdig.config import Params
from gdig.io.files import write_metrics
from gdig.io.records import read_pairs
from gdig.run.paths import Paths
from gdig.scoring.evaluate import evaluate
from gdig.scoring.external import read_system
from gdig.scoring.surface import test_sets

logger = logging.getLogger(__name__)


def main(params: Params, paths: Paths) -> None:
    """Run the stage."""
    result = {}
    signatures = {}
    if params.systems:
        # Lines are those of the test set as it was read: cleaning drops rows that are empty.
        segments = test_sets(pair.id for pair in read_pairs(paths.raw_test))
        pairs = read_pairs(paths.test)
        kept = {pair.id for pair in pairs}
        translations, hashes = {}, {}
        for system in params.systems:
            texts, hashes[system.name] = read_system(system, segments)
            translations[system.name] = {i: text for i, text in texts.items() if i in kept}
        found = evaluate(pairs, translations, params.languages, params.score)
        signatures = dict(found.signatures)
        for name, scores in found.scores.items():
            covered = test_sets(translations[name])
            if left_out := sorted(segments.keys() - covered.keys()):
                logger.warning("systems: %s has no translations of %s", name, ", ".join(left_out))
            result[name] = {
                "files": hashes[name],
                "left_out": left_out,
                "num_segments": {test_set: len(ids) for test_set, ids in covered.items()},
                "scores": dict(scores),
            }
    write_metrics(paths.systems_metrics, paths.systems_metrics_copy, {"signatures": signatures, "systems": result})
