"""Bergson on the same workload: empirical Fisher, the same tracked linears, loss, batches and damping.

Its steps are called on the model and examples in memory, without its loaders; curvature and seeds pass through files,
as in its own pipeline. One thing differs from our convention and cannot be set: the last token of an example, whose
output no loss looks at, stays out of the input statistics. With it left out, our K-FAC influence has the same ranks.
"""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from benchmarks.influence.workload import LAYER_STEP, LINEARS
from gdig.lm.layers import tracked_linears
from gdig.lm.prompt import Example

IGNORED = -100
"""Label of a prompt token."""


def fit(
    model: Any, examples: Sequence[Example], max_tokens: int, *, corrected: bool
) -> tuple[Path, bool, tempfile.TemporaryDirectory[str]]:
    """Return the folder of the factors, whether eigenvalues are corrected (EK-FAC), and the temporary folder."""
    _admit_older_hub()
    from bergson.config.config import HessianConfig
    from bergson.data import allocate_batches
    from bergson.hessians.hessian_approximations import fit_factored_hessians

    # As its own loader leaves a model: activations get gradients from the embeddings on.
    model.requires_grad_(False)
    model.get_input_embeddings().requires_grad_(True)
    folder = tempfile.TemporaryDirectory()
    settings = _settings(Path(folder.name) / "curvature", max_tokens)
    settings.partial_run_path.mkdir()
    fit_factored_hessians(
        model,
        _dataset(examples),
        settings,
        HessianConfig(method="kfac", ev_correction=corrected, use_dataset_labels=True),
        target_modules=_targets(model),
        attention_cfgs={},
        batches=allocate_batches([len(example.tokens) for example in examples], max_tokens),
        path=str(settings.partial_run_path),
        do_eigendecomposition=True,
    )
    return settings.partial_run_path, corrected, folder


def prepare(
    model: Any,
    state: tuple[Path, bool, tempfile.TemporaryDirectory[str]],
    _: Sequence[Example],
    seeds: Sequence[Example],
    max_tokens: int,
    *,
    damping: float,
) -> tuple[dict[str, torch.Tensor], tempfile.TemporaryDirectory[str]]:
    """Return the preconditioned gradients of the seeds by linear, and the temporary folder."""
    from bergson.config.config import InversionConfig, ScoreConfig
    from bergson.hessians.apply_hessian import EkfacApplicator, EkfacConfig
    from bergson.score.score import get_query_grads

    curvature, corrected, folder = state
    gradients = _collect(model, seeds, _settings(Path(folder.name) / "seeds", max_tokens))
    preconditioned = Path(folder.name) / "preconditioned"
    EkfacApplicator(
        EkfacConfig(
            hessian_method_path=str(curvature),
            gradient_path=str(gradients),
            run_path=str(preconditioned),
            ev_correction=corrected,
        ),
        InversionConfig("damped_inverse", damping),
    ).compute_ivhp_sharded()
    return get_query_grads(ScoreConfig(query_path=str(preconditioned)))[0], folder


def score(
    model: Any,
    prepared: tuple[dict[str, torch.Tensor], tempfile.TemporaryDirectory[str]],
    candidates: Sequence[Example],
    seeds: Sequence[Example],
    max_tokens: int,
) -> torch.Tensor:
    """Return influence_NM; negative = helpful, as everywhere here."""
    from bergson.score.score_writer import InMemorySequenceScoreWriter
    from bergson.score.scorer import Scorer

    gradients, folder = prepared
    writer = InMemorySequenceScoreWriter(len(candidates), len(seeds))
    scorer = Scorer(gradients, list(gradients), writer, model.device, torch.float32)
    _collect(model, candidates, _settings(Path(folder.name) / "scores", max_tokens), scorer)
    scores_NM: torch.Tensor = writer.scores
    return -scores_NM


def _collect(model: Any, examples: Sequence[Example], settings: Any, scorer: Any = None) -> Path:
    """Contract the examples' gradients with what the scorer holds, or write them; return the folder."""
    from bergson import GradientProcessor, collect_gradients
    from bergson.data import allocate_batches

    settings.partial_run_path.mkdir()
    collect_gradients(
        model,
        _dataset(examples),
        GradientProcessor(),
        settings,
        batches=allocate_batches([len(example.tokens) for example in examples], settings.token_batch_size),
        target_modules=_targets(model),
        scorer=scorer,
    )
    folder: Path = settings.partial_run_path
    return folder


def _settings(folder: Path, max_tokens: int) -> Any:
    from bergson import IndexConfig

    return IndexConfig(run_path=str(folder), token_batch_size=max_tokens, loss_reduction="mean")


def _targets(model: Any) -> set[str]:
    """Return the tracked linears by their names below the language model's head."""
    prefix = model.base_model_prefix + "."
    return {name.removeprefix(prefix) for name in tracked_linears(model, LAYER_STEP, LINEARS)}


def _dataset(examples: Sequence[Example]) -> Any:
    from datasets import Dataset

    return Dataset.from_dict(
        {
            "input_ids": [example.tokens for example in examples],
            "labels": [
                [IGNORED] * example.prompt_length + example.tokens[example.prompt_length :] for example in examples
            ],
            "length": [len(example.tokens) for example in examples],
        }
    )


def _admit_older_hub() -> None:
    """Let it be imported beside transformers 4: a function that it takes from a newer hub client is not called here."""
    import huggingface_hub.utils as hub

    if not hasattr(hub, "parse_hf_uri"):
        hub.parse_hf_uri = None  # type: ignore[attr-defined]
