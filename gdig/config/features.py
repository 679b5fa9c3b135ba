"""Sections of what only some selectors need: which of it there is, reward model, embeddings, MoDS."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import Field, model_validator

from gdig.config.data import NOISE_KINDS
from gdig.config.judge import JUDGE_KINDS
from gdig.config.losses import SCORERS
from gdig.config.models import Training
from gdig.config.section import Commit, Count, Section, Seed, Share

T = TypeVar("T")
Switch = Annotated[list[T], Field(max_length=1)]
"""A list that holds its own name or nothing: DVC makes a stage for each value of a matrix, so none of an empty list."""

FEATURES_OF = {
    "reward": ("reward",),
    "mods": ("reward", "embeddings", "mods"),
    "gdig_embedding": ("embeddings",),
    "gdig_joint": ("cleanliness",),
    "ifd": ("losses.ifd_model", "embeddings", "ifd"),
    "superfiltering": ("losses.{rank_superfiltering.scorer}", "embeddings", "superfiltering"),
    "delta_loss": ("losses.seed_model", "losses.{rank_delta_loss.before}", "delta_loss"),
    "nuggets": ("one_shot",),
    "instruction_mining": ("losses.base", "reward", "embeddings", "indicators", "regression"),
    "instructiongpt4": ("losses.base", "judge.rating", "reward", "embeddings", "indicators", "regression",
                        "instructiongpt4"),
    "alpagasus": ("judge.rating", "alpagasus"),
    "instag": ("judge.tags", "instag"),
    "deita": ("judge.complexity_quality", "embeddings", "deita"),
    "less": ("less",),
    "rds": ("representations",),
    "tsds": ("representations",),
}  # fmt: skip
"""The features that the stages of a selector depend on, with the entry where it is one of several, in braces where a
param names it; selectors that are not here need none."""

_FEATURES_BEFORE = {
    "indicators": ("embeddings",),
    "regression": ("losses.base", "reward", "embeddings", "indicators"),
    "losses.ifd_model": ("ifd",),
    "losses.seed_model": ("delta_loss",),
    "losses.small_model": ("small_model",),
}
"""Likewise of features, and entries of them, that are named after no selector."""


class Features(Section):
    """Which stages there are beyond those of every profile."""

    lds: Switch[Literal["lds"]]
    trials: Switch[Literal["trials"]]
    cleanliness: Switch[Literal["cleanliness"]]
    reward: Switch[Literal["reward"]]
    embeddings: Switch[Literal["embeddings"]]
    mods: Switch[Literal["mods"]]
    losses: list[Literal[SCORERS]]  # type: ignore[valid-type]
    ifd: Switch[Literal["ifd"]]
    superfiltering: Switch[Literal["superfiltering"]]
    delta_loss: Switch[Literal["delta_loss"]]
    small_model: Switch[Literal["small_model"]]
    one_shot: Switch[Literal["one_shot"]]
    judge: list[Literal[JUDGE_KINDS]]  # type: ignore[valid-type]
    alpagasus: Switch[Literal["alpagasus"]]
    instag: Switch[Literal["instag"]]
    deita: Switch[Literal["deita"]]
    indicators: Switch[Literal["indicators"]]
    regression: Switch[Literal["regression"]]
    instructiongpt4: Switch[Literal["instructiongpt4"]]
    less: Switch[Literal["less"]]
    representations: Switch[Literal["representations"]]

    @model_validator(mode="after")
    def _entries_differ(self) -> Self:
        for name in type(self).model_fields:
            if len(set(entries := getattr(self, name))) != len(entries):
                raise ValueError(f"features.{name} must not repeat: {entries}")
        return self

    def require(self, selectors: list[str], sections: Mapping[str, Any]) -> None:
        """Raise a ValueError that names the line to write where a selector, or a feature, lacks what it needs.

        Args:
            selectors: that are trained on.
            sections: of the params, by name.
        """
        switched_on = [name for name in type(self).model_fields if getattr(self, name)]
        entries = [f"{name}.{entry}" for name in switched_on for entry in getattr(self, name)]
        for name in [*selectors, *switched_on, *entries]:
            for need in (FEATURES_OF | _FEATURES_BEFORE).get(name, ()):
                feature, _, entry = need.format_map(sections).partition(".")
                found = getattr(self, feature)
                if (entry or feature) not in found:
                    raise ValueError(
                        f"features.{feature} = {found}, but {name!r} needs {repr(entry) if entry else 'its stages'}; "
                        f"write `{feature}: [{', '.join([*found, entry or feature])}]` there"
                        + (f", or take {name!r} out of selectors" if name in selectors else "")
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
