"""Translate all prompts with one checkpoint, batch by batch; results in input order."""

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
from gdig.io.tokens import decode
from gdig.lm.load import load_tokenizer
from gdig.lm.memory import enough_memory
from gdig.lm.prompt import end_tokens
from gdig.run import costs
from gdig.run.progress import track
from gdig.translate.ctranslate2_backend import CTranslate2
from gdig.translate.prompts import Task, batches_of, tasks_of
from gdig.translate.transformers_backend import Transformers

logger = logging.getLogger(__name__)


class Journal:
    """Translations by id, in memory and in an append-only file."""

    def __init__(self, stream: BinaryIO) -> None:
        self.stream = stream
        self.texts: dict[str, str] = {}
        for line in whole_lines(stream):
            identity, text = json.loads(line)
            self.texts[identity] = text

    def add(self, texts: Mapping[str, str]) -> None:
        """Append the translations of a batch."""
        lines = (json.dumps([identity, text], ensure_ascii=False) + "\n" for identity, text in texts.items())
        self.stream.write("".join(lines).encode())
        self.stream.flush()
        self.texts |= texts


@contextmanager
def open_journal(path: Path) -> Iterator[Journal]:
    """Open a new or existing journal for exclusive use by this process.

    Raises:
        ValueError: another process has it open.
    """
    with append_log(path, "writes these translations") as stream:
        journal = Journal(stream)
        if journal.texts:
            logger.info("%d translations found in %s", len(journal.texts), path)
        yield journal


Decode = Callable[[Sequence[Task]], list[list[int]]]
"""Maps a batch of prompts to the generated tokens of each, in order."""


def translate(
    checkpoint: Path, pairs: Sequence[Pair], prompt: Prompt, settings: Translate, journal: Path, label: str
) -> dict[str, str]:
    """Return one hypothesis per pair by id, on one line, without outer white space.

    Args:
        checkpoint: model folder.
        pairs: pairs whose sources are translated.
        prompt: prompt format.
        settings: settings of the search.
        journal: file of finished batches, to which new ones are appended; the caller removes it.
        label: label of the progress bar.

    Raises:
        ValueError: the backend does not support the request, memory runs out, or the journal is in use.
    """
    tokenizer = load_tokenizer(checkpoint)
    batches = batches_of(tasks_of(pairs, tokenizer, prompt, settings), settings.max_tokens)
    with open_journal(journal) as finished, _room(settings, journal.parent) as folder:
        # Use the batches of an uninterrupted run: in half precision, other batches would round differently.
        missing = [batch for batch in batches if any(task.id not in finished.texts for task in batch)]
        if missing:
            ends = end_tokens(tokenizer, prompt)
            tokens_of = decoder(checkpoint, tokenizer, settings, ends, Path(folder))
            for batch in track(missing, total=len(missing), label=label, unit="batches"):
                with costs.working() as count, enough_memory("translate.max_tokens", settings.max_tokens):
                    tokens = tokens_of(batch)
                    count(len(batch))
                finished.add(_texts(batch, tokens, tokenizer, ends))
        return {pair.id: finished.texts[pair.id] for pair in pairs}


def generation_record(settings: Translate) -> dict[str, Any]:
    """Return the search settings and library versions, to be stored with the hypotheses."""
    libraries = {"transformers": ("torch", "transformers"), "ctranslate2": ("ctranslate2", "transformers")}
    return {
        "settings": settings.model_dump(),
        "sampling": False,
        "versions": {name: version(name) for name in libraries[settings.backend]},
    }


def _room(settings: Translate, scratch: Path) -> AbstractContextManager[str]:
    return TemporaryDirectory(dir=scratch) if settings.backend == "ctranslate2" else nullcontext("")


def decoder(checkpoint: Path, tokenizer: Any, settings: Translate, ends: Sequence[int], folder: Path) -> Decode:
    """Return the decoder of a backend.

    Args:
        checkpoint: model folder.
        tokenizer: its tokenizer.
        settings: settings of the search.
        ends: tokens that end a translation.
        folder: where CTranslate2 writes its conversion of the checkpoint.
    """
    if settings.backend == "ctranslate2":
        return CTranslate2(checkpoint, tokenizer, settings, ends, folder)
    return Transformers(checkpoint, tokenizer, settings, ends)


def _texts(
    batch: Sequence[Task], tokens: Sequence[list[int]], tokenizer: Any, ends: Sequence[int]
) -> Mapping[str, str]:
    texts = {}
    for task, ids in zip(batch, tokens, strict=True):
        kept = ids[: task.limit]
        length = next((place for place, token in enumerate(kept) if token in ends), None)
        ended = length is not None
        text = decode(tokenizer, kept[:length])
        # A limit may cut a character in two.
        texts[task.id] = " ".join((text if ended else text.rstrip("\ufffd")).split())
    return texts
