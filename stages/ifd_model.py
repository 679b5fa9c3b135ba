"""IFD: the base model after its first experience, one epoch on a few candidates of every cluster of embeddings."""

from gdig.config import Params
from gdig.io.files import write_text
from gdig.io.matrix import read_matrix
from gdig.io.ranking import read_ranking, write_ranking
from gdig.io.records import read_pairs, select
from gdig.lm.load import load_model, load_tokenizer
from gdig.lm.loss import dataset_losses
from gdig.lm.passes import processes
from gdig.lm.prompt import Example, base_context, encode_instructions
from gdig.run.paths import Paths
from gdig.selectors.ifd.experience import experience
from gdig.training.run import train_to
from gdig.training.run_dir import publish, workplace

SEVERAL_PROCESSES = True
"""It divides its work, see `gdig.lm.passes.processes`."""


def main(params: Params, paths: Paths) -> None:
    """Run the stage."""
    settings = params.ifd_model
    memory, resume_steps = params.finetune.memory, params.finetune.resume_steps
    tokenizer = load_tokenizer(paths.base)
    pool = read_pairs(paths.pool)
    inputs = settings, memory, params.prompt
    with workplace(paths.ifd_model, resume_steps, inputs, [paths.base, paths.pool, paths.embeddings]) as work:
        trained, chosen = work / "model", work / "experience.jsonl"
        if processes.rank() == 0 and not chosen.is_file():
            ids, points_ND = read_matrix(paths.embeddings, "embedding")
            contexts = tokenizer([base_context(pair.src, params.prompt) for pair in pool]).input_ids
            prompts = [Example(pair.id, tokens, 0) for pair, tokens in zip(pool, contexts, strict=True)]
            losses = dataset_losses(load_model(paths.base), prompts, settings.max_tokens, "prompts")
            write_ranking(chosen, experience(ids, points_ND, losses, settings), losses)
        processes.wait_for_all()
        if not trained.is_dir():
            train_to(
                trained,
                load_model(paths.base, onto="cpu"),
                tokenizer,
                encode_instructions(select(pool, read_ranking(chosen)), tokenizer, params.prompt),
                settings.training,
                memory,
                settings.seed,
                "ifd_model",
                resume_steps=resume_steps,
            )
        # A process that comes late must still find what is done.
        processes.wait_for_all()
        if processes.rank() == 0:
            write_text(paths.ifd_experience, chosen.read_text(encoding="utf-8"))
            publish(trained, paths.ifd_model)
