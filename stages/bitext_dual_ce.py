"""Score pairs by dual conditional cross-entropy: losses of the target and, turned round, of the source.

The base model reads both directions in its own format; one that met one direction alone cannot judge the other.
"""

from gdig.config import Params
from gdig.io.ranking import iterate_ranking
from gdig.io.records import read_pairs, write_rows
from gdig.lm.load import load_model, load_tokenizer
from gdig.lm.loss import dataset_losses
from gdig.lm.prompt import encode_base_format
from gdig.run.paths import Paths
from gdig.selectors.bitext.dual_ce import scores, turned, with_template


def main(params: Params, paths: Paths, selector: str) -> None:
    """Run the stage."""
    model, tokenizer = load_model(paths.base, params.passes.dtype), load_tokenizer(paths.base)
    prompt = with_template(params.prompt, params.dual_ce.reverse_template)
    examples = encode_base_format(turned(read_pairs(paths.pool)), tokenizer, prompt)
    backward = dataset_losses(model, examples, params.rank_base_loss.max_tokens, "reverse loss")
    forward = {i: loss for i, loss in iterate_ranking(paths.base_loss_ranking) if loss is not None}
    found = scores(forward, backward)
    write_rows(paths.bitext, ({"id": i, "score": found[i], "reverse_loss": backward[i]} for i in sorted(found)))
