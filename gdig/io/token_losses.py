"""Read the output of stage token_losses: target losses of every candidate under one model, with and without prompt."""

from pathlib import Path

import numpy as np

from gdig.config import Preset
from gdig.io.matrix import read_matrix

COLUMN = "losses"
"""Six numbers for each response, sums in nats: its loss given the prompt, without it, and its number of tokens, the end
among them; and as the published codes of IFD and SuperFiltering have it, the end left out: its loss given the prompt,
without it, and the number of tokens in the latter. See `gdig.selectors.common.response_losses`."""


def read_mean_losses(folder: Path, preset: Preset = "own") -> dict[str, tuple[float, float]]:
    """Read the mean loss of each candidate's response, in nats per token: given the prompt, and without it.

    Args:
        folder: the output of stage token_losses.
        preset: own: over the tokens and the end. published: without the end; and 0 where no token counts, as that of a
            response of one token in front of which nothing stands.

    Raises:
        ValueError: the folder has no shards, or a damaged one; names the file.
    """
    ids, losses_NX = read_matrix(folder, COLUMN)
    if preset == "own":
        given_N, alone_N, tokens_N = losses_NX.astype(float).T[:3]
        alone_tokens_N = tokens_N
    else:
        _, _, tokens_N, given_N, alone_N, alone_tokens_N = losses_NX.astype(float).T
        tokens_N, alone_tokens_N = tokens_N - 1, np.maximum(alone_tokens_N, 1)
    means = zip((given_N / tokens_N).tolist(), (alone_N / alone_tokens_N).tolist(), strict=True)
    return dict(zip(ids, means, strict=True))
