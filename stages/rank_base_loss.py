"""Rank by response loss under the base model in its own format, lowest first: the cheapest control."""

from gdig.config import Params
from gdig.io.ranking import write_ranking
from gdig.io.records import read_pairs
from gdig.lm.load import load_model, load_tokenizer
from gdig.lm.loss import dataset_losses
from gdig.lm.prompt import encode_base_format
from gdig.run.paths import Paths
from gdig.selectors import base_loss


def main(params: Params, paths: Paths, selector: str) -> None:
    """Run the stage."""
    settings = params.rank_base_loss
    model, tokenizer = load_model(paths.base, params.passes.dtype), load_tokenizer(paths.base)
    examples = encode_base_format(read_pairs(paths.pool), tokenizer, params.prompt)
    losses = dataset_losses(model, examples, settings.max_tokens, "base loss")
    write_ranking(paths.ranking, base_loss.rank(losses, settings.seed), losses)
