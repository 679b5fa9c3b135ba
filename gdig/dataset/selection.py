"""What the card says of each selector: how it chooses, and what its score is."""

from typing import NamedTuple

_INFLUENCE = "mean influence on the seeds: negative lowers their loss"


class Described(NamedTuple):
    """A selector in words."""

    how: str
    score: str | None
    """What its score is, and which end is better; None where it has none."""


SELECTORS = {
    "random": Described("a seeded uniform order of the pool: the control", None),
    "loss": Described(
        "lowest loss of the target under the warm-up model, which was finetuned on the noisy pool, first",
        "that loss, nats a token",
    ),
    "base_loss": Described(
        "lowest loss of the target under the base model, in its own format, first", "that loss, nats a token"
    ),
    "gdig_quality": Described(
        "pairs that pass the quality rule: their influence, by the gradients of the warm-up model, lowers the loss on "
        "the seed pairs; most helpful on average first, or in a random order (`rank_gdig_quality.order`)",
        _INFLUENCE,
    ),
    "gdig": Described(
        "G-DIG: pairs that pass the quality rule, one of each cluster of their gradients in turn, so that the order is "
        "not that of the score",
        _INFLUENCE,
    ),
    "gdig_embedding": Described(
        "G-DIG with clusters of sentence embeddings in place of gradients; the order is not that of the score",
        _INFLUENCE,
    ),
    "reward": Described("highest reward of the target as the answer to the prompt first", "that reward"),
    "mods": Described(
        "MoDS (Du et al. 2023): pairs of high reward that cover the others, then those that the model still translates "
        "badly; the order is not that of the score",
        "reward of the target as the answer to the prompt: higher is better",
    ),
}


def described(selector: str) -> Described:
    """Return what the card says of a selector; of one that is not listed here, where to look."""
    return SELECTORS.get(selector, Described(f"see `gdig/selectors/{selector}.py`", "see there"))
