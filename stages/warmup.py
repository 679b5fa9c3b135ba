"""Finetune the base model on the noisy pool: theta_T, at which gradients and curvature are taken.

Records steps and rates, from which Lemma 1 takes T and eta. Finetuned systems start from the base model again.
"""

from gdig import stage
from gdig.config import Params
from gdig.data.prompt import encode_instructions
from gdig.files import atomic_folder, write_json
from gdig.model.load import load_model, load_tokenizer, save
from gdig.model.train import train
from gdig.order import shuffled
from gdig.paths import Paths
from gdig.records import read_pairs, select


def main(params: Params, paths: Paths) -> None:
    """Run the stage."""
    pool = read_pairs(paths.pool)
    count = max(1, round(len(pool) * params.warmup.pool_share))
    sample = select(pool, shuffled((pair.id for pair in pool), params.warmup.seed)[:count])
    model, tokenizer = load_model(paths.base), load_tokenizer(paths.base)
    examples = encode_instructions(sample, tokenizer, params.prompt)
    record = train(model, examples, params.warmup.training, params.warmup.seed, "warm-up")
    with atomic_folder(paths.warmup) as out:
        save(out, model, tokenizer)
        write_json(out / "record.json", record.as_json())


if __name__ == "__main__":
    stage.run(main)
