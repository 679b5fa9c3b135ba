"""Rank by response loss under the warm-up model, lowest first: a cheap control for influence."""

from gdig.config import Params
from gdig.io.ranking import write_ranking
from gdig.io.records import read_pairs
from gdig.lm.load import load_model, load_tokenizer
from gdig.lm.loss import dataset_losses
from gdig.lm.prompt import encode_instructions
from gdig.run.paths import Paths
from gdig.selectors import loss


def main(params: Params, paths: Paths, selector: str) -> None:
    """Run the stage."""
    settings = params.rank_loss
    model, tokenizer = load_model(paths.warmup, params.passes.dtype), load_tokenizer(paths.warmup)
    examples = encode_instructions(read_pairs(paths.pool), tokenizer, params.prompt)
    losses = dataset_losses(model, examples, settings.max_tokens, "loss")
    write_ranking(paths.ranking, loss.rank(losses, settings.seed), losses)
