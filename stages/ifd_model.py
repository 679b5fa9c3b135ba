"""IFD: the base model after its first experience, one epoch on a few candidates of every cluster of embeddings."""

from gdig.config import Params
from gdig.io.files import write_text
from gdig.io.matrix import read_matrix
from gdig.io.ranking import read_ranking, write_ranking
from gdig.io.records import read_pairs, select
from gdig.io.tokens import prompt_tokens
from gdig.lm.load import load_model
from gdig.lm.loss import dataset_losses
from gdig.lm.passes import processes
from gdig.lm.prompt import Example, base_context
from gdig.run.paths import Paths
from gdig.selectors.ifd.experience import experience
from gdig.training.finetune import BaseFinetuning
from gdig.training.run_dir import publish, run_dir

SEVERAL_PROCESSES = True
"""It divides its work, see `gdig.lm.passes.processes`."""


def main(params: Params, paths: Paths) -> None:
    """Run the stage."""
    settings, resume_steps = params.ifd_model, params.finetune.resume_steps
    pool = read_pairs(paths.pool)
    recipe = BaseFinetuning(
        base=paths.base,
        prompt=params.prompt,
        training=settings.training,
        memory=params.finetune.memory,
        resume_steps=resume_steps,
    )
    files = [*recipe.files, paths.pool, paths.embeddings]
    with run_dir(paths.ifd_model, resume_steps, (recipe.inputs, settings), files) as work:
        trained, chosen = work / "model", work / "experience.jsonl"
        if processes.rank() == 0 and not chosen.is_file():
            ids, points_ND = read_matrix(paths.embeddings, "embedding")
            contexts = prompt_tokens(recipe.tokenizer, [base_context(pair.src, params.prompt) for pair in pool])
            prompts = [Example(pair.id, tokens, 0) for pair, tokens in zip(pool, contexts, strict=True)]
            base = load_model(paths.base, params.passes.dtype)
            losses = dataset_losses(base, prompts, settings.max_tokens, "prompts")
            del base
            write_ranking(chosen, experience(ids, points_ND, losses, settings), losses)
        processes.wait_for_all()
        recipe.train(trained, recipe.encode(select(pool, read_ranking(chosen))), settings.seed, "ifd_model")
        # Barrier: slow ranks must still see the finished run.
        processes.wait_for_all()
        if processes.rank() == 0:
            write_text(paths.ifd_experience, chosen.read_text(encoding="utf-8"))
            publish(trained, paths.ifd_model)
