"""Networks that predict a run's label from the pairs of its subset: the regressor of InstructionGPT-4 (Wei et al.
2023).

Shapes: S runs, B pairs of a subset, N pairs of the pool, F features.
"""

from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from gdig.io.order import shuffle_key

Array = NDArray[np.float64]
Kind = Literal["attention", "mlp"]


class Block(nn.Module):
    """Self-attention within a set with a residual connection, and a linear layer."""

    def __init__(self, num_features: int, num_heads: int, num_outputs: int) -> None:
        super().__init__()
        self.attention = nn.MultiheadAttention(num_features, num_heads, batch_first=True)
        self.linear = nn.Linear(num_features, num_outputs)

    def forward(self, values_SBF: torch.Tensor) -> torch.Tensor:
        """Return the outputs of each pair of each set."""
        attended_SBF, _ = self.attention(values_SBF, values_SBF, values_SBF, need_weights=False)
        outputs: torch.Tensor = self.linear(values_SBF + attended_SBF)
        return outputs


def network(kind: Kind, num_features: int, num_heads: int, seed: int) -> nn.Module:
    """Return an untrained network that maps features of sets of pairs (S x B x F) to one number per pair (S x B x 1).

    `attention` has two blocks, so a pair's number depends on the other pairs of its set; `mlp` processes pairs
    separately. Weights are float64 and depend only on the seed.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        layers: tuple[nn.Module, ...]
        if kind == "attention":
            layers = Block(num_features, num_heads, num_features), Block(num_features, num_heads, 1)
        else:
            layers = nn.Linear(num_features, 2 * num_features), nn.ReLU(), nn.Linear(2 * num_features, 1)
        return nn.Sequential(*layers).double()


def train(model: nn.Module, values_SBF: Array, labels_S: Array, epochs: int, learning_rate: float) -> None:
    """Train in place to predict the label by the mean over a subset's pairs, with squared error over the runs.

    Each epoch is one step of Adam on all runs. The last weights are kept: there are too few runs for a validation set.
    """
    values, labels = torch.from_numpy(values_SBF), torch.from_numpy(labels_S)
    optimizer = torch.optim.Adam(model.parameters(), lr=learning_rate)
    for _ in range(epochs):
        optimizer.zero_grad()
        loss: Any = nn.functional.mse_loss(model(values).mean(dim=(1, 2)), labels)
        loss.backward()
        optimizer.step()


@torch.inference_mode()
def predict_runs(model: nn.Module, values_SBF: Array) -> Array:
    """Return the prediction for each run (S)."""
    predicted_S: Array = model(torch.from_numpy(values_SBF)).mean(dim=(1, 2)).numpy()
    return predicted_S


@torch.inference_mode()
def predict_pairs(
    model: nn.Module, ids: list[str], values_NF: Array, set_size: int, num_contexts: int, seed: int
) -> Array:
    """Return the prediction for each pair (N), within sets of the training size.

    `num_contexts` times, the pool is split into sets by a seeded permutation of ids, and the last set is filled from
    the first; the prediction for a pair is the mean over these.
    """
    values, totals_N = torch.from_numpy(values_NF), np.zeros(len(ids))
    for context in range(num_contexts):
        order = sorted(range(len(ids)), key=lambda row: shuffle_key(seed, f"{context}/{ids[row]}"))
        for start in range(0, len(ids), set_size):
            rows = [order[place % len(ids)] for place in range(start, start + set_size)]
            found_B = model(values[rows].unsqueeze(0))[0, :, 0].numpy()
            own = len(order[start : start + set_size])
            totals_N[rows[:own]] += found_B[:own]
    return totals_N / num_contexts
