"""Quality of a pair under a reference-free COMET (CometKiwi and the like), the target as the source's translation.

Rei et al. 2022 (arXiv 2209.06243). The model runs in the environment of the metrics, see `gdig.scoring.process`.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray

from gdig.config import CometQe
from gdig.io.records import Pair
from gdig.scoring import comet
from gdig.scoring.checkpoints import Checkpoint
from gdig.scoring.environment import metrics_python
from gdig.scoring.process import conversation

KEY = "comet_qe"
Scorer = Callable[[Sequence[Pair]], NDArray[np.float32]]
"""From N pairs to their scores, scores_N1."""


def reference_free(settings: CometQe) -> Checkpoint:
    """Return the checkpoint of the model.

    Raises:
        ValueError: it is missing, or needs a reference; says what to do.
    """
    found = comet.checkpoint(settings, KEY)
    if comet.needs_reference(found):
        raise ValueError(
            f"{KEY}.model: {settings.model} scores against a reference, which pairs of the pool have not; name a "
            f"reference-free model, such as Unbabel/wmt22-cometkiwi-da"
        )
    return found


@contextmanager
def scorer(settings: CometQe, found: Checkpoint) -> Iterator[Scorer]:
    """Yield what scores pairs, about 0 to 1 with most models, in one process that loads the model once.

    Raises:
        ValueError: the environment of the metrics is missing; from the scorer, as `gdig.scoring.process.conversation`.
    """
    with conversation(metrics_python(KEY), comet.__name__, f"{KEY}.batch_size") as ask:

        def score(pairs: Sequence[Pair]) -> NDArray[np.float32]:
            request = {
                "folder": str(found.folder),
                "batch_size": settings.batch_size,
                "precision": settings.precision,
                # As comet-score strips lines.
                "files": [[{"src": pair.src.strip(), "mt": pair.trg.strip()} for pair in pairs]],
            }
            return np.array(ask(request)["scores"], dtype=np.float32).T

        yield score
