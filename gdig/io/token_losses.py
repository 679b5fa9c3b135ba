"""Read the output of stage token_losses: target losses of every candidate under one model, with and without prompt."""

from pathlib import Path

from gdig.io.matrix import read_matrix

COLUMN = "losses"
"""The response's loss in nats given the prompt, without it, and its number of tokens."""


def read_mean_losses(folder: Path) -> dict[str, tuple[float, float]]:
    """Read the mean loss of each candidate's response, in nats per token: given the prompt, and without it.

    Raises:
        ValueError: the folder has no shards, or a damaged one; names the file.
    """
    ids, losses_N3 = read_matrix(folder, COLUMN)
    given_N, alone_N, tokens_N = losses_N3.astype(float).T
    means = zip((given_N / tokens_N).tolist(), (alone_N / tokens_N).tolist(), strict=True)
    return dict(zip(ids, means, strict=True))
