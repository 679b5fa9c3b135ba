"""Score the translations of one cell against the references: BLEU and chrF, COMET and BLEURT where they are asked for.

Signatures say which version and settings each score is of. Losses, and shares of empty, copied, wrong-language and
repetitive translations, stand beside the scores, which do not show them.
"""

from gdig.config import Params
from gdig.io.files import read_json, rounded, write_json
from gdig.io.records import read_pairs, read_rows, write_rows
from gdig.run.paths import Paths
from gdig.scoring.evaluate import evaluate


def main(params: Params, paths: Paths, selector: str, budget: str) -> None:
    """Run the stage."""
    on_test = params.translate.split == "test"
    pairs = read_pairs(paths.test if on_test else paths.valid)
    losses = read_json(paths.losses)
    translations = {}
    for seed in params.finetune.seeds:
        rows = read_rows(paths.hypotheses / f"seed-{seed}.jsonl")
        translations[f"seed-{seed}"] = {row["id"]: row["hypothesis"] for row in rows}
        if translations[f"seed-{seed}"].keys() != {pair.id for pair in pairs}:
            raise ValueError(f"{paths.hypotheses}: its ids are not those of the {params.translate.split} split")
    if silent := [
        (seed, name)
        for seed, loss in zip(params.finetune.seeds, losses, strict=True)
        for name, value in loss.items()
        if value is None
    ]:
        seed, name = silent[0]
        raise ValueError(f"{paths.losses}: {name} of seed {seed} is no number; lower finetune.training.learning_rate")
    found = evaluate(pairs, translations, params.languages, params.score, each=on_test)
    of_segment = (
        {"id": pair.id}
        | {metric: {name: values[pair.id] for name, values in own.items()} for metric, own in found.segments.items()}
        for pair in pairs
    )
    write_rows(paths.segments, (rounded(row, 6) for row in of_segment))
    replicates = [
        {"seed": seed, **loss, **found.scores[f"seed-{seed}"]}
        for seed, loss in zip(params.finetune.seeds, losses, strict=True)
    ]
    result = {"split": params.translate.split, "replicates": replicates, "signatures": dict(found.signatures)}
    write_json(paths.scores, rounded(result))
