"""LESS, warm-up: adapters trained on a share of the pool, kept after every epoch with the moments of Adam."""

from gdig import processes, stage
from gdig.config import Memory, Params
from gdig.data.prompt import encode_instructions
from gdig.model.load import load_model, load_tokenizer
from gdig.order import shuffled
from gdig.paths import Paths
from gdig.records import read_pairs, select
from gdig.training.epochs import train_epochs
from gdig.training.place import publish, workplace


def main(params: Params, paths: Paths) -> None:
    """Run the stage."""
    settings = params.less_warmup
    pool = read_pairs(paths.pool)
    count = max(1, round(len(pool) * settings.pool_share))
    sample = select(pool, shuffled((pair.id for pair in pool), settings.seed)[:count])
    examples = encode_instructions(sample, load_tokenizer(paths.base), params.prompt)
    inputs = settings, params.prompt
    with workplace(paths.less_warmup, settings.resume_steps, inputs, [paths.base, paths.pool]) as work:
        trained = work / "model"
        if not trained.is_dir():
            train_epochs(
                trained,
                load_model(paths.base, onto="cpu"),
                examples,
                settings.training,
                Memory(**settings.memory.model_dump(), lora=settings.lora),
                settings.seed,
                "less_warmup",
                resume_steps=settings.resume_steps,
            )
        # A process that comes late must still find what is done.
        processes.wait_for_all()
        if processes.rank() == 0:
            publish(trained, paths.less_warmup)


if __name__ == "__main__":
    stage.run(main, several=True)
