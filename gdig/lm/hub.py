"""Models by name: a local folder, or one of the Hugging Face hub at a pinned commit, through the hub's own cache.

HF_TOKEN, HF_ENDPOINT, HF_HOME and HF_HUB_OFFLINE mean what they mean to the hub's library.
"""

from pathlib import Path

FILES = (
    "config.json", "generation_config.json", "model*.safetensors", "model.safetensors.index.json", "tokenizer.json",
    "*.model", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "vocab.json", "vocab.txt",
    "merges.txt", "LICENSE*", "LICENCE*", "NOTICE*", "*icense*.pdf",
    "README.md",
)  # fmt: skip
"""What a model is made of: no code, and no weights but those that transformers loads from safetensors."""


def model_folder(model: str, revision: str | None, section: str) -> Path:
    """Return the folder of a model: the one that `model` names or, with a revision, that of the hub's files.

    Args:
        model: path of a folder, or hub id.
        revision: commit of the hub's; None for a folder.
        section: of the params, which has `model` and `revision`; for errors.

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
    """Return the folder, in the hub's cache, of a model's files at a commit; what is missing there is downloaded.

    Raises:
        ValueError: a model that is gated, or not there, or not at that commit, or that cannot be reached and is not in
            the cache; says how to get it.
    """
    # Takes half a second, which only those who use it should wait.
    from huggingface_hub import errors, snapshot_download

    what = f"{section}.model = {model!r} at {revision}"
    # A gated model is a kind of missing one to the library, and one that is not in the cache a kind of failed request.
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
            f"null ({error.__cause__ or error})"
        ) from None
    except (OSError, errors.HFValidationError) as error:
        raise ValueError(f"{what} cannot be downloaded: {error}; what came is kept, run the stage again") from None
