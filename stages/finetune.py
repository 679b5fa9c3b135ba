"""Finetune the base model on one subset, once per training seed; write checkpoints and their losses."""

from gdig import stage
from gdig.config import Params
from gdig.data.prompt import encode_instructions
from gdig.files import atomic_folder, rounded, write_json
from gdig.model.load import load_model, load_tokenizer, save
from gdig.model.loss import dataset_losses, mean_token_loss
from gdig.model.train import train
from gdig.paths import Paths
from gdig.records import read_pairs
from gdig.replicates import map_replicates


def main(params: Params, paths: Paths, selector: str, budget: str) -> None:
    """Run the stage."""
    settings = params.finetune
    tokenizer = load_tokenizer(paths.base)
    examples = encode_instructions(read_pairs(paths.subset), tokenizer, params.prompt)
    held_out = {
        "valid_loss": encode_instructions(read_pairs(paths.valid), tokenizer, params.prompt),
        "seed_loss": encode_instructions(read_pairs(paths.seeds), tokenizer, params.prompt),
    }
    with atomic_folder(paths.finetuned) as out:

        def replicate(seed: int) -> dict[str, float]:
            model = load_model(paths.base)
            record = train(model, examples, settings.training, seed, f"finetune {selector} {budget}, seed {seed}")
            save(out / f"seed-{seed}", model, tokenizer)
            write_json(out / f"seed-{seed}" / "record.json", record.as_json())
            return {
                name: mean_token_loss(dataset_losses(model, part, settings.max_tokens, name), part)
                for name, part in held_out.items()
            }

        losses = map_replicates(replicate, settings.seeds)
    write_json(paths.losses, rounded(losses))


if __name__ == "__main__":
    stage.run(main)
