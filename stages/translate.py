"""Translate the evaluation split with every replicate of one cell."""

import shutil

from gdig.config import Params
from gdig.io.files import atomic_folder, write_json
from gdig.io.folders import scratch_folder
from gdig.io.records import read_pairs, write_rows
from gdig.lm.passes.replicates import map_replicates
from gdig.run.paths import Paths
from gdig.translate.run import generation_record, translate


def main(params: Params, paths: Paths, selector: str, budget: str) -> None:
    """Run the stage."""
    settings = params.translate
    split = paths.test if settings.split == "test" else paths.valid
    pairs = read_pairs(split)
    record = generation_record(settings)
    scratch = scratch_folder(paths.hypotheses, (record, params.prompt), [split, paths.finetuned])

    def replicate(seed: int) -> dict[str, str]:
        label = f"translate {selector} {budget}, seed {seed}"
        checkpoint, journal = paths.finetuned / f"seed-{seed}", scratch / f"seed-{seed}.jsonl"
        return translate(checkpoint, pairs, params.prompt, settings, journal, label)

    found = map_replicates(replicate, params.finetune.seeds)
    with atomic_folder(paths.hypotheses) as out:
        for seed, texts in zip(params.finetune.seeds, found, strict=True):
            rows = ({"id": pair.id, "hypothesis": texts[pair.id]} for pair in pairs)
            write_rows(out / f"seed-{seed}.jsonl", rows)
        write_json(out / "generation.json", record)
    shutil.rmtree(scratch)
