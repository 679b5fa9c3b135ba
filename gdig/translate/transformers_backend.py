"""Decoding by transformers: any checkpoint that it can load, without conversion.

Greedy batches are decoded a few steps at a time, so that prompts that ended leave them.

The cache avoids copies of unchanged keys and values: transformers copies its whole cache per step to append a token,
and once more to reorder beams, which took 60% of the time of a batch of beams on a CPU.

Shapes: B prompts, N rows (prompts x beams), H heads, T tokens, D width of a head.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from transformers import GenerationConfig, StoppingCriteria, StoppingCriteriaList
from transformers.cache_utils import Cache, DynamicLayer, LinearAttentionCacheLayerMixin

from gdig.config import Translate
from gdig.lm.load import load_model
from gdig.translate.attention import GROUPED
from gdig.translate.prompts import Task

STEPS_BETWEEN_LOOKS = 16
"""Tokens that a greedy batch gains before prompts that ended leave it."""


class RoomyLayer(DynamicLayer):  # type: ignore[misc]
    """Keys and values of one block, preallocated for the whole translation; beams share those of the prompt."""

    def __init__(self, read: DynamicLayer, num_beams: int, num_steps: int) -> None:
        super().__init__()
        self.lazy_initialization(read.keys, read.values)
        self.num_read = read.keys.shape[-2]
        self.room_NHTD = [_with_room(tensor, num_beams, num_steps) for tensor in (read.keys, read.values)]
        self._show(self.num_read)

    def update(
        self, key_states: torch.Tensor, value_states: torch.Tensor, *_: Any, **__: Any
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Append tokens; return all keys and values."""
        start = self.keys.shape[-2]
        end = start + key_states.shape[-2]
        for room_NHTD, new in zip(self.room_NHTD, (key_states, value_states), strict=True):
            room_NHTD[:, :, start:end] = new
        self._show(end)
        return self.keys, self.values

    def reorder_cache(self, beam_idx: torch.Tensor) -> None:
        """Reorder the rows by beam; rows that keep their beam, which are most, are not copied."""
        moved = (beam_idx != torch.arange(len(beam_idx), device=beam_idx.device)).nonzero().flatten()
        said = slice(self.num_read, self.keys.shape[-2])
        for room_NHTD in self.room_NHTD:
            room_NHTD[moved, :, said] = room_NHTD[beam_idx[moved], :, said]

    def batch_select_indices(self, indices: torch.Tensor) -> None:
        """Keep some rows."""
        self.room_NHTD = [room_NHTD[indices] for room_NHTD in self.room_NHTD]
        self._show(self.keys.shape[-2])

    def _show(self, length: int) -> None:
        self.keys, self.values = (room_NHTD[:, :, :length] for room_NHTD in self.room_NHTD)


def with_room(cache: Any, num_beams: int, num_steps: int, rows: torch.Tensor | None = None) -> Cache | None:
    """Convert a cache of prompts to a cache of their beams, for at most `num_steps` more tokens.

    Of `rows` alone where they are given. Other kinds of layers, such as sliding-window layers, are repeated as in
    transformers. None of a model that keeps nothing, or what transformers does not repeat, as states of recurrent
    layers: prompts are then read once per beam.
    """
    layers = cache.layers if isinstance(cache, Cache) else []
    holds = any(getattr(layer, "is_initialized", False) for layer in layers)
    if not holds or any(isinstance(layer, LinearAttentionCacheLayerMixin) for layer in layers):
        return None
    if rows is not None:
        cache.batch_select_indices(rows)
    for place, layer in enumerate(layers):
        if type(layer) is DynamicLayer and layer.is_initialized:
            layers[place] = RoomyLayer(layer, num_beams, num_steps)
        elif num_beams > 1:
            layer.batch_repeat_interleave(num_beams)
    return cache


def _with_room(read: torch.Tensor, num_beams: int, num_steps: int) -> torch.Tensor:
    prompts, heads, tokens, width = read.shape
    room_NHTD = read.new_empty(prompts * num_beams, heads, tokens + num_steps, width)
    room_NHTD[:, :, :tokens] = read.repeat_interleave(num_beams, dim=0)
    return room_NHTD


def _of_rows(cache: Any, rows: torch.Tensor, num_steps: int) -> dict[str, Cache]:
    """Return the cache of some rows with room for `num_steps` more tokens, as an argument of `generate`.

    Nothing where it cannot be cut: prompts are then read anew.
    """
    kept = with_room(cache, 1, num_steps, rows)
    return {} if kept is None else {"cache": kept}


class OwnLimits(StoppingCriteria):  # type: ignore[misc]
    """Stops each prompt at its own length limit, so that its translation does not depend on its batch."""

    def __init__(self, tasks: Sequence[Task], width: int, device: torch.device) -> None:
        self.ends_B = torch.tensor([width + task.limit for task in tasks], device=device)

    def __call__(self, input_ids: torch.Tensor, scores: Any, **_: Any) -> torch.Tensor:
        """Return whether each row stops here; a prompt has one row, or one per beam candidate."""
        rows = len(input_ids) // len(self.ends_B)
        return input_ids.shape[1] >= self.ends_B.repeat_interleave(rows)


class Transformers:
    """A checkpoint that translates batches, up to one of the tokens `ends`."""

    def __init__(self, checkpoint: Path, tokenizer: Any, settings: Translate, ends: Sequence[int]) -> None:
        self.model = load_model(checkpoint, settings.dtype)
        if self.model.device.type == "cpu" and self.model.dtype != torch.float32:
            # Where each row has one new token, torch's fused attention in half precision takes up to half of a step's
            # time on a CPU (CHANGELOG.md).
            self.model.set_attn_implementation(GROUPED)
        # The checkpoint's own may have a repetition penalty and more, which would fill what is not said here.
        self.model.generation_config = GenerationConfig()
        self.pad_token: int = tokenizer.pad_token_id
        self.settings = settings
        beams: dict[str, Any] = {}
        if settings.num_beams > 1:
            # False: a prompt stops when no running beam, at its current length, scores above the worst finished one.
            beams = {"length_penalty": settings.length_penalty, "early_stopping": False}
        self.generation = {
            "num_beams": settings.num_beams,
            "do_sample": False,
            "eos_token_id": list(ends),
            "pad_token_id": tokenizer.pad_token_id,
            "return_dict_in_generate": True,
            **beams,
        }

    @torch.inference_mode()
    def __call__(self, batch: Sequence[Task]) -> list[list[int]]:
        """Return the tokens after each prompt, up to its end or the limit."""
        tokens_BT, mask_BT = (part.to(self.model.device) for part in _pad_left(batch, self.pad_token))
        if self.settings.num_beams == 1:
            return self._greedy(batch, tokens_BT, mask_BT)
        width = tokens_BT.shape[1]
        limits = OwnLimits(batch, width, self.model.device)
        max_new_tokens = max(task.limit for task in batch)
        output = self._generate(
            tokens_BT,
            mask_BT,
            GenerationConfig(max_new_tokens=max_new_tokens, **self.generation),
            stopping_criteria=StoppingCriteriaList([limits]),
            **self._read(tokens_BT, mask_BT, max_new_tokens),
        )
        found: list[list[int]] = output.sequences[:, width:].tolist()
        return found

    def _greedy(self, batch: Sequence[Task], tokens_BT: torch.Tensor, mask_BT: torch.Tensor) -> list[list[int]]:
        """Return the tokens after each prompt, a few steps at a time, between which prompts that ended leave the batch.

        transformers runs all rows of a batch until the last has ended.
        """
        width, ends = tokens_BT.shape[1], set(self.generation["eos_token_id"])
        found: dict[int, list[int]] = {}
        rows = list(range(len(batch)))
        cache: dict[str, Cache] = {}
        while rows:
            tasks = [batch[row] for row in rows]
            num_new = tokens_BT.shape[1] - width
            steps = max(task.limit for task in tasks) - num_new
            # Without a cache all is read anew each time: then one more time, to the end.
            if cache or not num_new:
                steps = min(steps, STEPS_BETWEEN_LOOKS)
            output = self._generate(
                tokens_BT,
                mask_BT,
                GenerationConfig(max_new_tokens=steps, **self.generation),
                stopping_criteria=StoppingCriteriaList([OwnLimits(tasks, width, self.model.device)]),
                **cache,
            )
            answers = output.sequences[:, width:].tolist()
            running = []
            for place, (row, answer) in enumerate(zip(rows, answers, strict=True)):
                end = next((n for n, token in enumerate(answer) if token in ends), len(answer))
                if end < len(answer) or len(answer) >= batch[row].limit:
                    found[row] = answer[: min(end + 1, batch[row].limit)]
                else:
                    running.append(place)
            kept = torch.tensor(running, dtype=torch.long, device=self.model.device)
            new = output.sequences.shape[1] - mask_BT.shape[1]
            tokens_BT = output.sequences[kept]
            mask_BT = torch.cat([mask_BT[kept], mask_BT.new_ones(len(running), new)], dim=1)
            rows = [rows[place] for place in running]
            if rows:
                cache = _of_rows(output.get("cache"), kept, max(batch[row].limit for row in rows))
        return [found[row] for row in range(len(batch))]

    def _read(self, tokens_BT: torch.Tensor, mask_BT: torch.Tensor, max_new_tokens: int) -> dict[str, Cache]:
        """Return keys and values of the prompts without their last token, for all beams; nothing where there are none.

        Without this, transformers runs the prompt once per beam.
        """
        one = GenerationConfig(
            max_new_tokens=1, do_sample=False, pad_token_id=self.pad_token, return_dict_in_generate=True
        )
        read = self._generate(tokens_BT[:, :-1], mask_BT[:, :-1], one)
        cache = with_room(read.get("cache"), self.settings.num_beams, 1 + max_new_tokens)
        return {} if cache is None else {"cache": cache}

    def _generate(
        self, tokens_BT: torch.Tensor, mask_BT: torch.Tensor, generation: GenerationConfig, **more: Any
    ) -> Any:
        return self.model.generate(
            input_ids=tokens_BT,
            attention_mask=mask_BT,
            generation_config=generation,
            **more,
        )


def _pad_left(batch: Sequence[Task], pad_token: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return tokens and mask (B x T), padded on the left so that generation continues from the last token."""
    prompts = [task.tokens for task in batch]
    width = max(map(len, prompts))
    tokens_BT = torch.tensor([[pad_token] * (width - len(ids)) + ids for ids in prompts])
    mask_BT = torch.tensor([[0] * (width - len(ids)) + [1] * len(ids) for ids in prompts])
    return tokens_BT, mask_BT
