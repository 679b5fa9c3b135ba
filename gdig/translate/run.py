"""All prompts of one checkpoint, batch by batch, in the order of the input."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from gdig.config import Prompt, Translate
from gdig.model.load import load_tokenizer
from gdig.model.memory import enough_memory
from gdig.progress import track
from gdig.records import Pair
from gdig.translate.journal import opened
from gdig.translate.prompts import Task, batches_of, tasks_of

Decode = Callable[[Sequence[Task]], list[list[int]]]
"""From a batch of prompts to the tokens that follow each, in order."""


def translate(
    checkpoint: Path, pairs: Sequence[Pair], prompt: Prompt, settings: Translate, journal: Path, label: str
) -> dict[str, str]:
    """Return one hypothesis a pair by id, on one line, without outer white space.

    Args:
        checkpoint: model folder.
        pairs: their sources are translated.
        prompt: how a source is shown to the model.
        settings: of the search.
        journal: file of the batches finished so far, to which more are added; the caller removes it.
        label: for progress.

    Raises:
        ValueError: what the backend cannot do, memory that does not suffice, a journal in use.
    """
    tokenizer = load_tokenizer(checkpoint)
    batches = batches_of(tasks_of(pairs, tokenizer, prompt, settings), settings.max_tokens)
    with opened(journal) as finished, _room(settings, journal.parent) as folder:
        # Batches are those of an uninterrupted run: in half precision others would round otherwise.
        missing = [batch for batch in batches if any(task.id not in finished.texts for task in batch)]
        if missing:
            decode = decoder(checkpoint, tokenizer, settings, Path(folder))
            for batch in track(missing, total=len(missing), label=label, unit="batches"):
                with enough_memory("translate.max_tokens", settings.max_tokens):
                    tokens = decode(batch)
                finished.add(_texts(batch, tokens, tokenizer))
        return {pair.id: finished.texts[pair.id] for pair in pairs}


def generation_record(settings: Translate) -> dict[str, Any]:
    """Return the settings of the search with the versions of what runs it, to stand beside the hypotheses."""
    libraries = {"transformers": ("torch", "transformers"), "ctranslate2": ("ctranslate2", "transformers")}
    return {
        "settings": settings.model_dump(),
        "sampling": False,
        "versions": {name: version(name) for name in libraries[settings.backend]},
    }


def _room(settings: Translate, scratch: Path) -> AbstractContextManager[str]:
    return TemporaryDirectory(dir=scratch) if settings.backend == "ctranslate2" else nullcontext("")


def decoder(checkpoint: Path, tokenizer: Any, settings: Translate, folder: Path) -> Decode:
    """Return what decodes batches; CTranslate2 keeps its conversion of the checkpoint in `folder`."""
    if settings.backend == "ctranslate2":
        from gdig.translate.ctranslate2_backend import CTranslate2

        return CTranslate2(checkpoint, tokenizer, settings, folder)
    from gdig.translate.transformers_backend import Transformers

    return Transformers(checkpoint, tokenizer, settings)


def _texts(batch: Sequence[Task], tokens: Sequence[list[int]], tokenizer: Any) -> Mapping[str, str]:
    end = tokenizer.eos_token_id
    texts = {}
    for task, ids in zip(batch, tokens, strict=True):
        kept = ids[: task.limit]
        kept = kept[: kept.index(end)] if end in kept else kept
        texts[task.id] = " ".join(tokenizer.decode(kept, skip_special_tokens=True).split())
    return texts
