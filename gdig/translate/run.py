"""All prompts of one checkpoint, batch by batch, in the order of the input."""

import json
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO

from gdig.config import Prompt, Translate
from gdig.io.locks import append_log, whole_lines
from gdig.io.records import Pair
from gdig.lm.load import load_tokenizer
from gdig.lm.memory import enough_memory
from gdig.run.progress import track
from gdig.translate.prompts import Task, batches_of, tasks_of

logger = logging.getLogger(__name__)


class Journal:
    """Translations by id, in memory and in a file that only grows."""

    def __init__(self, stream: BinaryIO) -> None:
        self.stream = stream
        self.texts: dict[str, str] = {}
        for line in whole_lines(stream):
            identity, text = json.loads(line)
            self.texts[identity] = text

    def add(self, texts: Mapping[str, str]) -> None:
        """Keep the translations of a batch."""
        lines = (json.dumps([identity, text], ensure_ascii=False) + "\n" for identity, text in texts.items())
        self.stream.write("".join(lines).encode())
        self.stream.flush()
        self.texts |= texts


@contextmanager
def open_journal(path: Path) -> Iterator[Journal]:
    """Open a journal, new or with what an earlier run left, for this process alone.

    Raises:
        ValueError: another process writes it.
    """
    with append_log(path, "writes these translations") as stream:
        journal = Journal(stream)
        if journal.texts:
            logger.info("%d translations found in %s", len(journal.texts), path)
        yield journal


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
    with open_journal(journal) as finished, _room(settings, journal.parent) as folder:
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
