"""Response losses with and without the prompt; one forward pass each per example.

The published codes of IFD (Cherry LLM) and SuperFiltering differ in three ways, and their sums stand beside ours: they
score no end of the response; IFD keeps in front of the bare response what opens the answer in its prompt
("### Response:"); and SuperFiltering has nothing in front of it where the tokenizer adds nothing, as GPT-2's, so that
the first token is not scored.

Shapes: N examples, B of a batch, R response tokens of the batch.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from gdig.config import Prompt
from gdig.io.tokens import Tokens, prompt_start
from gdig.lm.batches import by_length, pad
from gdig.lm.loss import check_finite, token_losses
from gdig.lm.prompt import Example, opening_tokens


def start_of_text(tokenizer: Any) -> int:
    """Return the token before a response without a prompt: BOS, or EOS if there is no BOS."""
    token = tokenizer.bos_token_id if tokenizer.bos_token_id is not None else tokenizer.eos_token_id
    return int(token)


def published_context(tokenizer: Any, prompt: Prompt, *, is_finetuned: bool) -> Tokens:
    """Return the tokens before a response without a prompt as the published codes have it.

    Args:
        tokenizer: of the model.
        prompt: its formats.
        is_finetuned: whether the model is shown instructions: as in IFD's code the start of a text and what opens the
            answer, which only chat templates have. Else, as in SuperFiltering's, what the tokenizer puts in front of a
            text by itself: BOS, or nothing.
    """
    if is_finetuned:
        return [start_of_text(tokenizer), *opening_tokens(tokenizer, prompt)]
    return prompt_start(tokenizer)


def without_prompt(example: Example, context: Sequence[int]) -> Example:
    """Return the same response tokens after other ones."""
    return Example(example.id, [*context, *example.tokens[example.prompt_length :]], len(context))


@torch.inference_mode()
def response_loss_sums(
    model: Any, examples: Sequence[Example], start: int, published: Sequence[int], max_tokens: int
) -> NDArray[np.float32]:
    """Return the response loss of every example with and without the prompt, in two forms.

    Args:
        model: model on its device.
        examples: N prompts, each followed by its response, whose last token is the end.
        start: see `start_of_text`.
        published: see `published_context`; costs a third pass, over the responses, where it is not `start` alone.
        max_tokens: maximum tokens of a padded batch; changes results only by rounding.

    Returns:
        N x 6: the sum of -log p of the response tokens given the prompt, in nats; the same without the prompt, after
        `start` alone; the number of response tokens; the sum given the prompt without the end; the same after
        `published` alone, where the first token of a text is not scored; and the number of tokens in that.

    Raises:
        ValueError: a loss is not a number; names the pair.
    """
    bare = [without_prompt(example, published) for example in examples]
    values_N6 = np.empty((len(examples), 6), dtype=np.float32)
    values_N6[:, 0], values_N6[:, 3] = _sums(model, examples, max_tokens)
    alone = [without_prompt(example, [start]) for example in examples]
    values_N6[:, 1], values_N6[:, 4] = _sums(model, alone, max_tokens)
    values_N6[:, 2] = [example.num_response_tokens for example in examples]
    if list(published) != [start]:
        _, values_N6[:, 4] = _sums(model, bare, max_tokens)
    values_N6[:, 5] = [example.num_response_tokens - 1 for example in bare]
    return values_N6


def _sums(model: Any, examples: Sequence[Example], max_tokens: int) -> NDArray[np.float64]:
    """Return the sum of each response, and that without its last token: 2 x N."""
    sums_2N = np.empty((2, len(examples)))
    # Longest first, so that memory runs out at once.
    for group in by_length(examples, max_tokens)[::-1]:
        members = [examples[position] for position in group]
        losses_R, rows_R = token_losses(model, pad(members).to(model.device))
        sums_B = losses_R.new_zeros(len(members), dtype=torch.float64).index_add(0, rows_R, losses_R.double())
        check_finite(sums_B, members, "loss")
        is_last_R = torch.ones_like(rows_R, dtype=torch.bool)
        is_last_R[:-1] = rows_R[1:] != rows_R[:-1]
        without_end_B = torch.zeros_like(sums_B).index_add(0, rows_R, losses_R.double().masked_fill(is_last_R, 0))
        sums_2N[:, group] = torch.stack([sums_B, without_end_B]).cpu().numpy()
    return sums_2N
