"""MoDS: the base model finetuned on the coverage set, to see what it then still does badly."""

from gdig import processes, stage
from gdig.config import Params
from gdig.data.prompt import encode_instructions
from gdig.files import digest
from gdig.model.load import load_model, load_tokenizer
from gdig.paths import Paths
from gdig.ranking import read_ranking
from gdig.records import read_pairs, select
from gdig.training.place import publish, workplace
from gdig.training.train import train_to


def main(params: Params, paths: Paths) -> None:
    """Run the stage."""
    training, memory, resume_steps = params.finetune.training, params.finetune.memory, params.finetune.resume_steps
    pairs = select(read_pairs(paths.pool), read_ranking(paths.mods_coverage))
    tokenizer = load_tokenizer(paths.base)
    examples = encode_instructions(pairs, tokenizer, params.prompt)
    inputs = training, memory, params.mods.seed, params.prompt, digest(paths.base), [pair.id for pair in pairs]
    with workplace(paths.mods_model, resume_steps, inputs) as work:
        trained = work / "model"
        if not trained.is_dir():
            train_to(
                trained,
                load_model(paths.base, onto="cpu"),
                tokenizer,
                examples,
                training,
                memory,
                params.mods.seed,
                "finetune on the coverage set",
                resume_steps=resume_steps,
            )
        if processes.rank() == 0:
            publish(trained, paths.mods_model)


if __name__ == "__main__":
    stage.run(main, several=True)
