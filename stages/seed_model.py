"""Finetune the base model on the seeds, by the recipe of the cells: what trusted pairs alone teach it."""

from gdig import processes, stage
from gdig.config import Params
from gdig.data.prompt import encode_instructions
from gdig.model.load import load_model, load_tokenizer
from gdig.paths import Paths
from gdig.records import read_pairs
from gdig.training.place import publish, workplace
from gdig.training.train import train_to
from gdig.training.trainer import Evaluation


def main(params: Params, paths: Paths) -> None:
    """Run the stage."""
    training, memory, resume_steps = params.finetune.training, params.finetune.memory, params.finetune.resume_steps
    eval_steps, max_tokens = params.finetune.eval_steps, params.finetune.max_tokens
    tokenizer = load_tokenizer(paths.base)
    evaluation = Evaluation(
        every=eval_steps,
        max_tokens=max_tokens,
        valid=encode_instructions(read_pairs(paths.valid), tokenizer, params.prompt),
        others={},
    )
    inputs = training, memory, eval_steps, params.seed_model.seed, params.prompt
    with workplace(paths.seed_model, resume_steps, inputs, [paths.base, paths.seeds, paths.valid]) as work:
        trained = work / "model"
        if not trained.is_dir():
            train_to(
                trained,
                load_model(paths.base, onto="cpu"),
                tokenizer,
                encode_instructions(read_pairs(paths.seeds), tokenizer, params.prompt),
                training,
                memory,
                params.seed_model.seed,
                "finetune on the seeds",
                evaluation=evaluation,
                resume_steps=resume_steps,
            )
        # A process that comes late must still find what is done.
        processes.wait_for_all()
        if processes.rank() == 0:
            publish(trained, paths.seed_model)


if __name__ == "__main__":
    stage.run(main, several=True)
