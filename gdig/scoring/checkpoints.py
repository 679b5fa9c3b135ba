"""Find checkpoints of learned metrics, in a local folder or on the Hugging Face hub, before scoring starts."""

import re
from dataclasses import dataclass
from pathlib import Path

from gdig.io.files import digest


@dataclass(frozen=True)
class Checkpoint:
    """A complete local model."""

    folder: Path
    identity: str
    """Identity of the model: `<repository>@<commit>`, or `<folder>@sha256:<of its weights>`."""


def find_checkpoint(
    key: str, model: str, revision: str | None, needed: tuple[str, ...], weights: tuple[str, ...]
) -> Checkpoint:
    """Return the local checkpoint of a model; fetches it into the hub's cache if it is not local.

    Args:
        key: params key, for messages.
        model: a local folder, or a repository of the hub.
        revision: commit, branch or tag of a repository; None: `main` at the time of fetching.
        needed: required files; for `a|b` one is enough.
        weights: files whose hashes identify a local model, where present.

    Raises:
        ValueError: the model is missing or incomplete, or cannot be fetched; says how to get it.
    """
    folder = Path(model).expanduser()
    if folder.exists():
        if revision is not None:
            raise ValueError(f"{key}: {model} is local, so it has no revision; set `revision` to null")
        _require_whole(folder, needed, f"{key}: {model}")
        hashes = [digest(folder / name) for name in weights if (folder / name).is_file()]
        return Checkpoint(folder, f"{folder.resolve().name}@sha256:{'+'.join(hashes) or 'none'}")
    if re.match(r"[./~]", model) or model.count("/") > 1:
        raise ValueError(f"{key}: there is no folder {model}; paths are relative to the repository root")
    folder = _fetched(key, model, revision, needed, weights)
    return Checkpoint(folder, f"{model}@{folder.name}")


def _fetched(key: str, model: str, revision: str | None, needed: tuple[str, ...], weights: tuple[str, ...]) -> Path:
    """Return the folder of a repository in the hub's cache."""
    # Imported here, since a local model does not need the hub.
    from huggingface_hub import constants, snapshot_download
    from huggingface_hub.errors import (
        GatedRepoError,
        HFValidationError,
        LocalEntryNotFoundError,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    patterns = [name for names in needed for name in names.split("|")]
    wanted = {"repo_id": model, "revision": revision, "allow_patterns": [*patterns, "tokenizer*", "special_tokens*"]}
    how = f"`hf download {model}{f' --revision {revision}' if revision else ''}`"
    try:
        folder = Path(snapshot_download(**wanted, local_files_only=True))
        if _missing(folder, needed) is None:
            return folder
    except HFValidationError as error:
        raise ValueError(f"{key}: {model!r} is neither a folder nor the name of a repository: {error}") from None
    except LocalEntryNotFoundError:
        pass
    if constants.HF_HUB_OFFLINE:
        raise ValueError(
            f"{key}: {model} is not in the hub's cache ({constants.HF_HUB_CACHE}), and HF_HUB_OFFLINE=1 forbids to "
            f"fetch it; get it with HF_HUB_OFFLINE=0 {how}, or copy that cache from a machine that has it"
        )
    try:
        # Weights in the second format are fetched only if the first is missing.
        folder = Path(snapshot_download(**wanted, ignore_patterns=list(weights[1:])))
        if _missing(folder, needed):
            folder = Path(snapshot_download(**wanted))
    except GatedRepoError:
        raise ValueError(
            f"{key}: {model} is gated; accept its licence at https://huggingface.co/{model}, log in with `hf auth "
            f"login`, then {how}"
        ) from None
    except RevisionNotFoundError:
        raise ValueError(f"{key}: {model} has no revision {revision!r} on the hub; see its commits there") from None
    except RepositoryNotFoundError:
        raise ValueError(
            f"{key}: there is neither a folder {model} nor a repository of that name on the hub that you may read; "
            f"check its spelling, or log in with `hf auth login`"
        ) from None
    except OSError as error:
        raise ValueError(
            f"{key}: {model} is not in the hub's cache and cannot be fetched: {error}; get it with {how} where there "
            f"is a network, or copy the cache ({constants.HF_HUB_CACHE}) from a machine that has it"
        ) from None
    _require_whole(folder, needed, f"{key}: {model}")
    return folder


def _require_whole(folder: Path, needed: tuple[str, ...], name: str) -> None:
    if missing := _missing(folder, needed):
        raise ValueError(f"{name} has no {missing.replace('|', ' or ')}; take the whole model")


def _missing(folder: Path, needed: tuple[str, ...]) -> str | None:
    return next((names for names in needed if not any((folder / name).is_file() for name in names.split("|"))), None)
