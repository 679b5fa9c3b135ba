"""Decoding by transformers: any checkpoint that it loads, without conversion. Shapes: B prompts, T tokens."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from transformers import GenerationConfig, StoppingCriteria, StoppingCriteriaList

from gdig.config import Translate
from gdig.model.load import load_model
from gdig.translate.beams import for_beams
from gdig.translate.prompts import Task


class OwnLimits(StoppingCriteria):  # type: ignore[misc]
    """Ends each prompt at its own limit, so that what it shares a batch with does not change its translation."""

    def __init__(self, tasks: Sequence[Task], width: int, device: torch.device) -> None:
        self.ends_B = torch.tensor([width + task.limit for task in tasks], device=device)

    def __call__(self, input_ids: torch.Tensor, scores: Any, **_: Any) -> torch.Tensor:
        """Return whether each row ends here; a prompt has one row, or one for each candidate of a beam."""
        rows = len(input_ids) // len(self.ends_B)
        return input_ids.shape[1] >= self.ends_B.repeat_interleave(rows)


class Transformers:
    """A checkpoint that translates batches."""

    def __init__(self, checkpoint: Path, tokenizer: Any, settings: Translate) -> None:
        self.model = load_model(checkpoint, settings.dtype)
        self.pad_token: int = tokenizer.pad_token_id
        self.settings = settings
        beams: dict[str, Any] = {}
        if settings.num_beams > 1:
            # False: a prompt ends when no running beam, at its present length, scores above the worst finished one.
            beams = {"length_penalty": settings.length_penalty, "early_stopping": False}
        self.generation = {
            "num_beams": settings.num_beams,
            "do_sample": False,
            "eos_token_id": tokenizer.eos_token_id,
            "pad_token_id": tokenizer.pad_token_id,
            **beams,
        }

    @torch.inference_mode()
    def __call__(self, batch: Sequence[Task]) -> list[list[int]]:
        """Return the tokens after each prompt; what follows EOS, or the limit, does not count."""
        tokens_BT, mask_BT = (part.to(self.model.device) for part in _pad_left(batch, self.pad_token))
        width = tokens_BT.shape[1]
        limits = OwnLimits(batch, width, self.model.device)
        max_new_tokens = max(task.limit for task in batch)
        output = self._generate(
            tokens_BT,
            mask_BT,
            GenerationConfig(max_new_tokens=max_new_tokens, **self.generation),
            stopping_criteria=StoppingCriteriaList([limits]),
            past_key_values=self._read(tokens_BT, mask_BT, max_new_tokens),
        )
        found: list[list[int]] = output.sequences[:, width:].tolist()
        return found

    def _read(self, tokens_BT: torch.Tensor, mask_BT: torch.Tensor, max_new_tokens: int) -> Any:
        """Return keys and values of the prompts but for their last token, for all beams; None for greedy search.

        transformers would let every beam read the prompt by itself.
        """
        if self.settings.num_beams == 1:
            return None
        one = GenerationConfig(max_new_tokens=1, do_sample=False, pad_token_id=self.pad_token)
        read = self._generate(tokens_BT[:, :-1], mask_BT[:, :-1], one).past_key_values
        return for_beams(read, self.settings.num_beams, 1 + max_new_tokens)

    def _generate(
        self, tokens_BT: torch.Tensor, mask_BT: torch.Tensor, generation: GenerationConfig, **more: Any
    ) -> Any:
        return self.model.generate(
            input_ids=tokens_BT,
            attention_mask=mask_BT,
            generation_config=generation,
            return_dict_in_generate=True,
            # A checkpoint's own generation_config.json may sample, or penalise repetition.
            use_model_defaults=False,
            **more,
        )


def _pad_left(batch: Sequence[Task], pad_token: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return tokens and mask (B x T) with padding on the left, where generation does not continue from it."""
    prompts = [task.tokens for task in batch]
    width = max(map(len, prompts))
    tokens_BT = torch.tensor([[pad_token] * (width - len(ids)) + ids for ids in prompts])
    mask_BT = torch.tensor([[0] * (width - len(ids)) + [1] * len(ids) for ids in prompts])
    return tokens_BT, mask_BT
