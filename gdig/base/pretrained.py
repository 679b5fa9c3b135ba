"""A pretrained base model: find, check and copy its files unchanged; a GGUF file is converted instead."""

import logging
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from gdig.base.behaviour import check_behaviour
from gdig.base.checkpoint import check_checkpoint
from gdig.base.gguf import convert_into
from gdig.base.round_trip import changed_texts
from gdig.config import Base, Prompt
from gdig.io.files import digest
from gdig.io.tokens import additions, prompt_start, special_tokens, text_tokens
from gdig.lm.hub import FILES, model_folder
from gdig.lm.load import load_tokenizer
from gdig.lm.prompt import chat_template, instruction


def licence_of(folder: Path) -> str | None:
    """Return the licence in the model card's front matter, or the name of a licence file, or None."""
    return _of_card(folder / "README.md") or next(
        (f"file {path.name}" for pattern in ("LICENSE*", "LICENCE*") for path in sorted(folder.glob(pattern))), None
    )


def _of_card(path: Path) -> str | None:
    if not path.is_file():
        return None
    before, _, rest = path.read_text(encoding="utf-8", errors="replace").partition("---\n")
    matter, end, _ = rest.partition("\n---")
    try:
        values = YAML(typ="safe", pure=True).load(matter) if end and not before.strip("\ufeff") else None
    except YAMLError:
        return None
    if not isinstance(values, dict):
        return None
    # A licence without a hub identifier is under another key.
    named = values.get("license_name") if values.get("license") == "other" else values.get("license")
    return None if named is None else str(named)


logger = logging.getLogger(__name__)
MAX_UNKNOWN = 0.05
"""Maximum share of texts with unknown tokens; above it, the model does not support the languages."""
NUM_EXAMPLES = 3
NUM_RUN = 20
"""Texts whose first tokens the model is run on."""


def check_tokenizer(tokenizer: Any, texts: Sequence[str]) -> dict[str, Any]:
    """Return special tokens, and the number of texts whose round trip changes more than white space.

    Changes are counted and logged but not refused: normalisers that fold width or case lose a form, not the text.

    Raises:
        ValueError: the tokenizer has no EOS, or its EOS is the unknown token and occurs in texts, so that responses
            could not end; too many texts have unknown tokens.
    """
    encoded = text_tokens(tokenizer, texts)
    unknown = [text for text, ids in zip(texts, encoded, strict=True) if tokenizer.unk_token_id in ids]
    # GPT-2's and other byte-level tokenizers use EOS as the unknown token, which never occurs.
    if tokenizer.eos_token_id is None or (unknown and tokenizer.eos_token_id == tokenizer.unk_token_id):
        raise ValueError(
            f"the tokenizer's EOS is {tokenizer.eos_token!r}, its unknown token {tokenizer.unk_token!r}; a response "
            f"needs a separate end token: set eos_token in tokenizer_config.json"
        )
    if len(unknown) > MAX_UNKNOWN * len(texts):
        raise ValueError(
            f"the tokenizer does not know parts of {len(unknown)} of {len(texts)} texts, such as {unknown[0]!r}; take "
            f"a model for these languages"
        )
    changed = changed_texts(tokenizer, texts, encoded)
    for text, back in changed[:NUM_EXAMPLES]:
        logger.warning("the tokenizer gives %r back as %r", text, back)
    if changed:
        logger.warning("the tokenizer changes %d of %d texts", len(changed), len(texts))
    added = additions(tokenizer)
    return {
        "bos": tokenizer.bos_token,
        "eos": tokenizer.eos_token,
        "adds_in_front": tokenizer.convert_ids_to_tokens(added.front),
        "adds_behind": tokenizer.convert_ids_to_tokens(added.back),
        "prompts_begin_with": tokenizer.convert_ids_to_tokens(prompt_start(tokenizer)),
        "num_texts": len(texts),
        "num_changed": len(changed),
        "num_with_unknown": len(unknown),
    }


def check_chat(tokenizer: Any, prompt: Prompt) -> tuple[dict[str, Any], frozenset[int]]:
    """Return whether there is a chat template and what it makes of the params' prompt, and the tokens that this needs.

    Raises:
        ValueError: the prompt is a chat, and the template is missing or cannot be used; see `gdig.lm.chat.chat_of`.
    """
    template = chat_template(tokenizer, prompt)
    record = {
        "has_chat_template": bool(tokenizer.chat_template),
        "chat_prompt": template and template.text(instruction("{src_text}", prompt)),
        "chat_end": template and tokenizer.convert_ids_to_tokens(template.end),
    }
    return record, frozenset({*template.frame, template.end}) if template else frozenset()


def check_vocabulary(tokenizer: Any, num_embeddings: int, chat: frozenset[int]) -> None:
    """Hold the tokens that texts, prompts and responses may have against the embeddings of the model.

    Special tokens that nothing here uses may be beyond them, and so may the padding token: EOS takes its place.

    Args:
        tokenizer: of the model.
        num_embeddings: of the model.
        chat: special tokens of the chat format, where prompts have it.

    Raises:
        ValueError: a token is beyond the embeddings; names it.
    """
    unused = special_tokens(tokenizer) - {tokenizer.eos_token_id, *prompt_start(tokenizer), *chat}
    beyond = {number: token for token, number in tokenizer.get_vocab().items() if number >= num_embeddings}
    if wrong := sorted(beyond.keys() - unused):
        raise ValueError(
            f"the tokenizer's {beyond[wrong[0]]!r} is token {wrong[0]}, but the model embeds tokens up to "
            f"{num_embeddings - 1} ({len(wrong)} tokens are beyond); take the tokenizer that belongs to the model, "
            f"drop the added tokens, or enlarge the embeddings (resize_token_embeddings) and save the model"
        )


def copy_pretrained(base: Base, prompt: Prompt, texts: Sequence[str], out: Path) -> dict[str, Any]:
    """Copy the files of the model that `base` names, or convert its GGUF file; return their record.

    Args:
        base: with `model` an id and `revision` its commit, or `model` a folder or a GGUF file and no revision.
        prompt: format that the model must have where it is a chat.
        texts: texts that the tokenizer must cover, and that a converted model must find likely.
        out: an empty folder.

    Raises:
        ValueError: the model cannot be fetched or converted, or the stages could not load it.
    """
    if base.is_gguf:
        named, folder = Path(base.model), out
        source = {"gguf": convert_into(named, texts, out)}
    else:
        named = folder = model_folder(base.model, base.revision, "base")
        source = {}
    checkpoint = check_checkpoint(folder)
    loaded = _tokenizer(folder)
    try:
        chat, needed = check_chat(loaded, prompt)
        check_vocabulary(loaded, checkpoint.num_embeddings, needed)
        tokenizer = check_tokenizer(loaded, texts) | chat
    except ValueError as error:
        raise ValueError(f"{named}: {error}") from None
    check_behaviour(folder, [token for ids in text_tokens(loaded, texts[:NUM_RUN]) for token in ids])
    logger.info("base: %d parameters (%s) from %s", checkpoint.num_parameters, checkpoint.dtype, named)
    if folder != out:
        for path in _files_of(folder, checkpoint.weight_files):
            shutil.copyfile(path, out / path.name)
    return source | {
        # Only the name of a local folder or file: its path differs between machines.
        "model": base.model if base.revision else named.name,
        "revision": base.revision,
        "licence": licence_of(folder),
        "num_parameters": checkpoint.num_parameters,
        "dtype": checkpoint.dtype,
        "tokenizer": tokenizer,
        "files": {path.name: digest(path) for path in sorted(out.iterdir())},
    }


def _tokenizer(folder: Path) -> Any:
    try:
        return load_tokenizer(folder, warn=True)
    except Exception as error:  # each kind of tokenizer raises its own errors
        raise ValueError(
            f"{folder}: its tokenizer cannot be loaded ({error}); code of its own is not run, so that it must be of a "
            f"kind that transformers knows, at best with a tokenizer.json"
        ) from error


def _files_of(folder: Path, weight_files: Sequence[str]) -> list[Path]:
    """Return the weights and the other files of a model."""
    found = {path for pattern in FILES for path in folder.glob(pattern) if path.suffix != ".safetensors"}
    return sorted(path for path in found | {folder / name for name in weight_files} if path.is_file())
