"""Beam search over prompts in batches of like length, returned in the order of the input."""

from collections.abc import Sequence
from typing import Any

import torch

from gdig.config import Prompt, Translate
from gdig.data.batches import by_length
from gdig.data.prompt import Example, instruction
from gdig.progress import track
from gdig.records import Pair


@torch.inference_mode()
def translate(
    model: Any, tokenizer: Any, pairs: Sequence[Pair], prompt: Prompt, settings: Translate, label: str
) -> list[str]:
    """Return one hypothesis a pair, on one line, without outer white space.

    A hypothesis ends at EOS, or at `max_length_ratio` times the tokens of its source plus `max_length_extra`; a
    batch is decoded until its longest one may end, and each is then cut to its own limit.
    """
    prompts = tokenizer([instruction(pair.src, prompt) for pair in pairs]).input_ids
    source_lengths = [len(ids) for ids in tokenizer([pair.src for pair in pairs], add_special_tokens=False).input_ids]
    limits = [int(settings.max_length_ratio * length) + settings.max_length_extra for length in source_lengths]
    examples = [Example(pair.id, ids, len(ids)) for pair, ids in zip(pairs, prompts, strict=True)]

    hypotheses = [""] * len(pairs)
    groups = by_length(examples, settings.max_tokens)
    for group in track(groups, total=len(groups), label=label, unit="batches"):
        tokens_BT, mask_BT = _pad_left([prompts[position] for position in group], tokenizer.pad_token_id)
        output = model.generate(
            input_ids=tokens_BT.to(model.device),
            attention_mask=mask_BT.to(model.device),
            num_beams=settings.num_beams,
            do_sample=False,
            max_new_tokens=max(limits[position] for position in group),
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
        )
        new_tokens = output[:, tokens_BT.shape[1] :].tolist()
        for position, ids in zip(group, new_tokens, strict=True):
            text = tokenizer.decode(ids[: limits[position]], skip_special_tokens=True)
            hypotheses[position] = " ".join(text.split())
    return hypotheses


def _pad_left(prompts: Sequence[list[int]], pad_token: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return tokens and mask (B x T) with padding on the left, where generation does not continue from it."""
    width = max(map(len, prompts))
    tokens_BT = torch.tensor([[pad_token] * (width - len(ids)) + ids for ids in prompts])
    mask_BT = torch.tensor([[0] * (width - len(ids)) + [1] * len(ids) for ids in prompts])
    return tokens_BT, mask_BT
