"""What a training run did: for Lemma 1, for reports, and as loss curves."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from gdig.files import write_text

CURVE_COLUMNS = "seed", "step", "train_loss", "valid_loss", "learning_rate"


@dataclass(frozen=True, kw_only=True)
class TrainRecord:
    """A run in numbers; no timings, so that equal runs have equal records."""

    num_examples: int
    num_steps: int
    sum_of_rates: float
    """Sum of the learning rate over steps: eta T of Lemma 1 for a rate that changes."""
    losses: list[list[float]]
    """[step, mean training loss in nats a token over the steps since the last entry, learning rate]."""
    valid_losses: list[list[float | None]]
    """[step, validation loss in nats a token; null where it was no number]."""
    best_step: int
    """The step whose weights were kept: the one of least validation loss, or the last."""
    best_losses: dict[str, float | None]
    """Losses of those weights on held-out sets; null where it was no number."""
    optimizer: str
    schedule: str
    dtype: str
    world_size: int
    per_device_batch_size: int
    accumulation: int

    def as_json(self) -> dict[str, Any]:
        """Return the record for JSON."""
        return asdict(self)


def write_curves(path: Path, records: Mapping[int, Mapping[str, Any]]) -> None:
    """Write loss curves as CSV, a row a seed and logged step; `valid_loss` is empty where it was not measured.

    Args:
        path: the file.
        records: the JSON of each seed's record.
    """
    rows: list[Sequence[Any]] = [CURVE_COLUMNS]
    for seed, record in records.items():
        valid = dict(record["valid_losses"])
        for step, loss, rate in record["losses"]:
            measured = valid.get(step)
            rows.append([seed, step, f"{loss:.4f}", "" if measured is None else f"{measured:.4f}", f"{rate:.6g}"])
    write_text(path, "".join(",".join(map(str, row)) + "\n" for row in rows))
