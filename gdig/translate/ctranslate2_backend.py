"""Decoding by CTranslate2, from a temporary conversion of the checkpoint."""

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from gdig.config import Translate
from gdig.io.files import read_json, write_json
from gdig.lm.load import device
from gdig.translate.prompts import Task

PATIENCE = 2.0
"""Finished hypotheses that end a search, in multiples of the beam size. transformers stops when all running beams score
below the finished ones; a patience of 2 agrees with it on more translations than 1 (docs/models.md)."""


class CTranslate2:
    """A checkpoint that translates batches, up to one of the tokens `ends`.

    Its conversion, as large as the checkpoint, is written to `folder`.

    Raises:
        ValueError: the library is not installed, or does not support the architecture or, on this device, the dtype.
    """

    def __init__(
        self, checkpoint: Path, tokenizer: Any, settings: Translate, ends: Sequence[int], folder: Path
    ) -> None:
        try:
            import ctranslate2
            from ctranslate2.converters import TransformersConverter
        except ImportError:
            raise ValueError(
                "translate.backend 'ctranslate2' is not installed; `pip install 'gdig[ctranslate2]'`, or use "
                "'transformers'"
            ) from None
        where = device().type
        supported = ctranslate2.get_supported_compute_types(where)
        if settings.dtype not in supported:
            raise ValueError(
                f"translate.dtype = {settings.dtype!r}: CTranslate2 on this {where} supports "
                f"{', '.join(sorted(supported))}; use 'float32', or translate.backend 'transformers'"
            )
        try:
            TransformersConverter(str(checkpoint)).convert(str(folder), quantization=settings.dtype, force=True)
        except ValueError as error:
            raise ValueError(f"{checkpoint}: {error}; use translate.backend 'transformers'") from None
        # A tokenizer without BOS leaves a null here, which CTranslate2 refuses; prompts are tokens and need no BOS.
        config = read_json(folder / "config.json")
        write_json(folder / "config.json", config | {"bos_token": config["bos_token"] or tokenizer.eos_token})
        self.generator = ctranslate2.Generator(
            str(folder), device=where, compute_type=settings.dtype, intra_threads=_threads()
        )
        self.tokenizer = tokenizer
        self.settings = settings
        self.ends = list(ends)

    def __call__(self, batch: Sequence[Task]) -> list[list[int]]:
        """Return the tokens after each prompt, without the end."""
        # With a one-token prompt in the batch, CTranslate2 returns the other prompts as translations.
        assert all(len(task.tokens) > 1 for task in batch)
        found: dict[str, list[int]] = {}
        # A call has one length limit for all of its prompts.
        for limit, group in groupby(sorted(batch, key=lambda task: task.limit), lambda task: task.limit):
            tasks = list(group)
            results = self.generator.generate_batch(
                [self.tokenizer.convert_ids_to_tokens(task.tokens) for task in tasks],
                beam_size=self.settings.num_beams,
                length_penalty=self.settings.length_penalty,
                patience=PATIENCE,
                max_length=limit,
                end_token=self.ends,
                include_prompt_in_result=False,
            )
            found |= {task.id: result.sequences_ids[0] for task, result in zip(tasks, results, strict=True)}
        return [found[task.id] for task in batch]


def _threads() -> int:
    import torch

    return torch.get_num_threads()
