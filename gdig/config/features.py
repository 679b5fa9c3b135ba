"""Sections of what only some selectors need: which of it there is, reward model, embeddings, MoDS."""

from collections.abc import Iterable
from typing import Annotated, Literal, Self, TypeVar

from pydantic import Field, model_validator

from gdig.config.data import NOISE_KINDS
from gdig.config.losses import Scorer
from gdig.config.models import Training
from gdig.config.section import Commit, Count, Section, Seed, Share

T = TypeVar("T")
Switch = Annotated[list[T], Field(max_length=1)]
"""A list that holds its own name or nothing: DVC makes a stage for each value of a matrix, so none of an empty list."""

FEATURES_OF = {
    "reward": ("reward",),
    "mods": ("reward", "embeddings", "mods"),
    "gdig_embedding": ("embeddings",),
    "ifd": ("losses", "embeddings", "ifd"),
    "superfiltering": ("losses", "embeddings", "superfiltering"),
    "delta_loss": ("losses", "delta_loss"),
    "nuggets": ("one_shot",),
    "instruction_mining": ("reward", "embeddings", "indicators", "regression"),
    "instructiongpt4": ("reward", "embeddings", "indicators", "regression", "instructiongpt4"),
}
"""The features that the stages of a selector depend on; those that are not here need none."""
FEATURES_BEFORE = {
    "indicators": ("embeddings",),
    "regression": ("reward", "embeddings", "indicators"),
}
"""Likewise of features that are named after no selector."""

SCORERS_OF = {"ifd": ("ifd_model",), "delta_loss": ("seed_model",)}
"""The entries of `losses` that a selector reads in any case; others are params."""

FEATURE_OF_SCORER = {"ifd_model": "ifd", "seed_model": "delta_loss", "small_model": "small_model"}
"""The feature whose stage makes the model; those that are not here are there in any case."""


class Features(Section):
    """Which stages there are beyond those of every profile."""

    lds: Switch[Literal["lds"]]
    reward: Switch[Literal["reward"]]
    embeddings: Switch[Literal["embeddings"]]
    mods: Switch[Literal["mods"]]
    losses: list[Scorer]
    ifd: Switch[Literal["ifd"]]
    superfiltering: Switch[Literal["superfiltering"]]
    delta_loss: Switch[Literal["delta_loss"]]
    small_model: Switch[Literal["small_model"]]
    one_shot: Switch[Literal["one_shot"]]
    indicators: Switch[Literal["indicators"]]
    regression: Switch[Literal["regression"]]
    instructiongpt4: Switch[Literal["instructiongpt4"]]

    def require(self, selectors: list[str]) -> None:
        """Raise a ValueError that names the line to write where a selector, or a feature, lacks what it needs."""
        switched_on = [name for name in type(self).model_fields if getattr(self, name)]
        for name in [*selectors, *switched_on]:
            for feature in (FEATURES_OF | FEATURES_BEFORE).get(name, ()):
                # Of losses it is asked below which of them.
                if feature not in switched_on and feature != "losses":
                    raise ValueError(
                        f"features.{feature} = [], but {name!r} needs its stages; write `{feature}: [{feature}]` there"
                        + (f", or take {name!r} out of selectors" if name in selectors else "")
                    )
            self.require_losses(name, SCORERS_OF.get(name, ()))
        if len(set(self.losses)) != len(self.losses):
            raise ValueError(f"features.losses must not repeat: {self.losses}")
        for scorer in self.losses:
            maker = FEATURE_OF_SCORER.get(scorer)
            if maker is not None and maker not in switched_on:
                raise ValueError(
                    f"features.losses has {scorer!r}, which the stages of features.{maker} make; write "
                    f"`{maker}: [{maker}]` there, or take {scorer!r} out"
                )

    def require_losses(self, name: str, scorers: Iterable[str]) -> None:
        """Raise a ValueError where `losses` lacks what a selector, or a feature, reads."""
        if missing := [scorer for scorer in scorers if scorer not in self.losses]:
            raise ValueError(
                f"features.losses = {self.losses}, but {name!r} reads the losses of {missing[0]!r}; add it there"
            )


class RewardModel(Section):
    """What scores an answer to an instruction."""

    model: str
    revision: Commit | None
    num_pairs: Count
    num_held_out: Count
    corruptions: Annotated[list[Literal[NOISE_KINDS]], Field(min_length=1)]  # type: ignore[valid-type]
    training: Training
    seed: Seed


class Rewards(Section):
    """The pass of the reward model over the pool."""

    max_tokens: Count
    shard_size: Count


class Embeddings(Section):
    """A sentence embedding of every candidate."""

    model: str
    revision: Commit | None
    text: Literal["source", "target", "both"]
    max_tokens: Count
    shard_size: Count


class Mods(Section):
    """Quality, coverage and necessity."""

    alpha: float | None
    keep_share: Share | None
    num_coverage: Count
    beta: float | None
    need_share: Share | None
    shard_size: Count
    seed: Seed

    @model_validator(mode="after")
    def _one_of_each(self) -> Self:
        for value, share in (("alpha", "keep_share"), ("beta", "need_share")):
            if (getattr(self, value) is None) == (getattr(self, share) is None):
                raise ValueError(f"say {value} or {share}, and null for the other")
        return self
