"""Models by name: a local folder, or a Hugging Face hub model at a pinned commit, through the hub's cache.

HF_TOKEN, HF_ENDPOINT, HF_HOME and HF_HUB_OFFLINE have their usual meaning.
"""

from pathlib import Path

FILES = (
    "config.json", "generation_config.json", "model*.safetensors", "model.safetensors.index.json", "tokenizer.json",
    "*.model", "tokenizer_config.json", "chat_template.jinja", "special_tokens_map.json", "added_tokens.json",
    "vocab.json", "vocab.txt", "merges.txt", "LICENSE*", "LICENCE*", "NOTICE*", "*icense*.pdf", "README.md",
)  # fmt: skip
"""Files of a model: no code, and only safetensors weights."""


def model_folder(model: str, revision: str | None, section: str) -> Path:
    """Return the folder of a model: `model` itself or, with a revision, the hub snapshot.

    Args:
        model: path of a folder, or hub id.
        revision: hub commit; None for a folder.
        section: params section with `model` and `revision`, for errors.

    Raises:
        ValueError: there is no such folder or model; says how to get it.
    """
    if revision is not None:
        return snapshot(model, revision, section)
    folder = Path(model)
    if not folder.is_dir():
        raise ValueError(
            f"{section}.model: there is no folder {folder}; give a local model folder, or a model of the hub, which "
            f"needs its commit as {section}.revision"
        )
    return folder


def snapshot(model: str, revision: str, section: str) -> Path:
    """Return the folder of a model's files at a commit in the hub's cache; downloads missing files.

    Raises:
        ValueError: the model is gated or missing, has no such commit, or is neither reachable nor in the cache; says
            how to get it.
    """
    # The import takes half a second.
    from huggingface_hub import errors, snapshot_download

    what = f"{section}.model = {model!r} at {revision}"
    # Order matters: a gated repository is a subclass of a missing one, a missing cache entry of a failed request.
    try:
        return Path(snapshot_download(model, revision=revision, allow_patterns=list(FILES)))
    except errors.GatedRepoError:
        raise ValueError(
            f"{what} is gated: accept its terms at https://huggingface.co/{model}, then `hf auth login` or set HF_TOKEN"
        ) from None
    except errors.RevisionNotFoundError:
        raise ValueError(
            f"{what}: there is no such commit; https://huggingface.co/{model}/commits/main lists them, or "
            f"`git ls-remote https://huggingface.co/{model}`"
        ) from None
    except errors.RepositoryNotFoundError:
        raise ValueError(
            f"{what} is not on the hub, or private; check the name, or `hf auth login`. For a local folder set "
            f"{section}.revision to null"
        ) from None
    except errors.LocalEntryNotFoundError as error:
        raise ValueError(
            f"{what} is not in the hub's cache and cannot be downloaded: with HF_HUB_OFFLINE=1, which `make` sets, "
            f"nothing is. Run the stage with HF_HUB_OFFLINE=0, or on a machine with a network `hf download {model} "
            f"--revision {revision} --local-dir <folder>`, and give that folder as {section}.model, {section}.revision "
            f"null ({_first_line(error.__cause__ or error)})"
        ) from None
    except (OSError, errors.HFValidationError) as error:
        raise ValueError(
            f"{what} cannot be downloaded: {_first_line(error)}; partial files are kept, run the stage again"
        ) from None


def _first_line(error: BaseException) -> str:
    """Return what an error says, without the links that the library adds."""
    return (str(error).strip() or type(error).__name__).splitlines()[0]
