"""Kronfluence on the same workload: empirical Fisher, the same tracked linears, loss and batches."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch.utils.data import Dataset

from benchmarks.influence.workload import LAYER_STEP, LINEARS
from gdig.lm.batches import Batch, pad
from gdig.lm.layers import tracked_linears
from gdig.lm.loss import example_losses
from gdig.lm.prompt import Example

FACTORS = "factors"


class _Rows(Dataset[dict[str, torch.Tensor]]):
    def __init__(self, examples: Sequence[Example]) -> None:
        self.batch = pad(examples)

    def __len__(self) -> int:
        return len(self.batch.tokens_BT)

    def __getitem__(self, row: int) -> dict[str, torch.Tensor]:
        batch = self.batch
        return {"tokens": batch.tokens_BT[row], "mask": batch.mask_BT[row], "response": batch.response_BT[row]}


def fit(model: Any, examples: Sequence[Example], max_tokens: int, *, strategy: str) -> tuple[Any, Any]:
    """Return analyzer and its temporary folder; the model's linears are wrapped from here on."""
    from kronfluence.analyzer import Analyzer, prepare_model
    from kronfluence.arguments import FactorArguments

    folder = tempfile.TemporaryDirectory()
    task = _task(tracked_linears(model, LAYER_STEP, LINEARS))
    analyzer = Analyzer(
        analysis_name="benchmark",
        model=prepare_model(model, task),
        task=task,
        cpu=model.device.type == "cpu",
        disable_tqdm=True,
        output_dir=str(Path(folder.name)),
    )
    analyzer.fit_all_factors(
        factors_name=FACTORS,
        dataset=_Rows(examples),
        per_device_batch_size=max_tokens // len(examples[0].tokens),
        factor_args=FactorArguments(strategy=strategy, use_empirical_fisher=True),
    )
    return analyzer, folder


def score(
    _: Any,
    state: tuple[Any, Any],
    candidates: Sequence[Example],
    seeds: Sequence[Example],
    max_tokens: int,
    *,
    rank: int | None = None,
) -> torch.Tensor:
    """Return influence_NM; negative = helpful, as everywhere here."""
    from kronfluence.arguments import ScoreArguments

    analyzer, _folder = state
    batch = max_tokens // len(candidates[0].tokens)
    analyzer.compute_pairwise_scores(
        scores_name="scores",
        factors_name=FACTORS,
        query_dataset=_Rows(seeds),
        train_dataset=_Rows(candidates),
        per_device_query_batch_size=len(seeds),
        per_device_train_batch_size=batch,
        # None: 0.1 of the mean eigenvalue.
        score_args=ScoreArguments(damping_factor=None, query_gradient_low_rank=rank),
    )
    scores_MN: torch.Tensor = analyzer.load_pairwise_scores("scores")["all_modules"]
    return -scores_MN.T


def _task(names: list[str]) -> Any:
    from kronfluence.task import Task

    class MeanResponseLoss(Task):  # type: ignore[misc]
        def compute_train_loss(self, batch: Any, model: Any, sample: bool = False) -> torch.Tensor:
            return example_losses(model, Batch(batch["tokens"], batch["mask"], batch["response"])).sum()

        def compute_measurement(self, batch: Any, model: Any) -> torch.Tensor:
            return self.compute_train_loss(batch, model)

        def get_influence_tracked_modules(self) -> list[str]:
            return names

        def get_attention_mask(self, batch: Any) -> torch.Tensor:
            mask: torch.Tensor = batch["mask"]
            return mask

    return MeanResponseLoss()
