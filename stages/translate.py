"""Translate the evaluation split with every replicate of one cell."""

from gdig import stage
from gdig.config import Params
from gdig.files import atomic_folder
from gdig.model.load import load_model, load_tokenizer
from gdig.paths import Paths
from gdig.records import read_pairs, write_rows
from gdig.replicates import map_replicates
from gdig.translate import translate


def main(params: Params, paths: Paths, selector: str, budget: str) -> None:
    """Run the stage."""
    settings = params.translate
    pairs = read_pairs(paths.test if settings.split == "test" else paths.valid)
    with atomic_folder(paths.hypotheses) as out:

        def replicate(seed: int) -> None:
            checkpoint = paths.finetuned / f"seed-{seed}"
            model, tokenizer = load_model(checkpoint), load_tokenizer(checkpoint)
            label = f"translate {selector} {budget}, seed {seed}"
            hypotheses = translate(model, tokenizer, pairs, params.prompt, settings, label)
            rows = zip(pairs, hypotheses, strict=True)
            write_rows(out / f"seed-{seed}.jsonl", ({"id": pair.id, "hypothesis": text} for pair, text in rows))

        map_replicates(replicate, params.finetune.seeds)


if __name__ == "__main__":
    stage.run(main)
