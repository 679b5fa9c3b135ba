"""Keys and values of beams, without copies of what does not change.

transformers' own cache is copied whole twice a step: to append a token, and to follow the beams that go on. That was
60% of the time of a batch on a CPU. Letters of shapes: N rows (prompts x beams), H heads, T tokens, D a head's width.
"""

from typing import Any

import torch
from transformers.cache_utils import Cache, DynamicLayer


class BeamLayer(DynamicLayer):  # type: ignore[misc]
    """One block's keys and values, with room for the whole translation; the beams of a prompt share what it says."""

    def __init__(self, read: DynamicLayer, num_beams: int, num_steps: int) -> None:
        super().__init__()
        self.lazy_initialization(read.keys)
        self.num_read = read.keys.shape[-2]
        self.room_NHTD = [_with_room(tensor, num_beams, num_steps) for tensor in (read.keys, read.values)]
        self._show(self.num_read)

    def update(
        self, key_states: torch.Tensor, value_states: torch.Tensor, cache_kwargs: Any = None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Append tokens; return all keys and values."""
        start = self.keys.shape[-2]
        end = start + key_states.shape[-2]
        for room_NHTD, new in zip(self.room_NHTD, (key_states, value_states), strict=True):
            room_NHTD[:, :, start:end] = new
        self._show(end)
        return self.keys, self.values

    def reorder_cache(self, beam_idx: torch.Tensor) -> None:
        """Let each row go on from another beam of its prompt; most go on from themselves, and are not copied."""
        moved = (beam_idx != torch.arange(len(beam_idx), device=beam_idx.device)).nonzero().flatten()
        said = slice(self.num_read, self.keys.shape[-2])
        for room_NHTD in self.room_NHTD:
            room_NHTD[moved, :, said] = room_NHTD[beam_idx[moved], :, said]

    def _show(self, length: int) -> None:
        self.keys, self.values = (room_NHTD[:, :, :length] for room_NHTD in self.room_NHTD)


def for_beams(cache: Cache, num_beams: int, num_steps: int) -> Cache:
    """Return the cache of prompts as one of their beams, for at most `num_steps` more tokens.

    Layers of other kinds, such as those that see a window alone, are repeated as transformers does it.
    """
    if all(type(layer) is DynamicLayer for layer in cache.layers):
        cache.layers = [BeamLayer(layer, num_beams, num_steps) for layer in cache.layers]
    else:
        cache.batch_repeat_interleave(num_beams)
    return cache


def _with_room(read: torch.Tensor, num_beams: int, num_steps: int) -> torch.Tensor:
    prompts, heads, tokens, width = read.shape
    room_NHTD = read.new_empty(prompts * num_beams, heads, tokens + num_steps, width)
    room_NHTD[:, :, :tokens] = read.repeat_interleave(num_beams, dim=0)
    return room_NHTD
