"""Score the translations of one cell against the references: BLEU and chrF with signatures, beside the losses.

Shares of empty, copied, wrong-language and repetitive translations stand beside the scores, which do not show them.
"""

from gdig import stage
from gdig.config import Params
from gdig.files import read_json, rounded, write_json
from gdig.paths import Paths
from gdig.records import read_pairs, read_rows
from gdig.score.sanity import sanity
from gdig.score.surface import score_sets, signatures


def main(params: Params, paths: Paths, selector: str, budget: str) -> None:
    """Run the stage."""
    pairs = read_pairs(paths.test if params.translate.split == "test" else paths.valid)
    references = {pair.id: pair.trg for pair in pairs}
    language = params.languages.target
    losses = read_json(paths.losses)
    replicates = []
    for seed, loss in zip(params.finetune.seeds, losses, strict=True):
        rows = read_rows(paths.hypotheses / f"seed-{seed}.jsonl")
        hypotheses = {row["id"]: row["hypothesis"] for row in rows}
        if hypotheses.keys() != references.keys():
            raise ValueError(f"{paths.hypotheses}: its ids are not those of the {params.translate.split} split")
        scores = score_sets(hypotheses, references, language)
        texts = [hypotheses[pair.id] for pair in pairs]
        counts = sanity([pair.src for pair in pairs], texts, [pair.trg for pair in pairs], params.languages)
        replicates.append({"seed": seed, **loss, **scores, **counts})
    result = {
        "split": params.translate.split,
        "replicates": replicates,
        "signatures": signatures(texts, list(references.values()), language),
    }
    write_json(paths.scores, rounded(result))


if __name__ == "__main__":
    stage.run(main)
