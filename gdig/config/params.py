"""All sections together: they are read, checked one by one and against each other, and mistakes are explained."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import Field, ValidationError, model_validator

from gdig.config.base import Base
from gdig.config.cleaning import Languages, Prepare
from gdig.config.dataset import Dataset
from gdig.config.influence import Curvature, Gradients, Influence
from gdig.config.ingest import Embedded, Noise, Pool, Source, refuse_repeats
from gdig.config.lm import Passes, Prompt
from gdig.config.mistakes import mistakes, validated
from gdig.config.report import Report
from gdig.config.scoring import ExternalSystem, Score
from gdig.config.section import Count, Distinct, Name, Section
from gdig.config.seeds import Seeds
from gdig.config.selection import Diversity, Quality
from gdig.config.selectors.bitext import (
    BITEXT,
    CHOSEN_ANEW,
    CometQe,
    Dsir,
    DualCe,
    External,
    Filter,
    Fusion,
    Similarity,
)
from gdig.config.selectors.gdig_joint import Cleanliness, Controls, RankGdigJoint
from gdig.config.selectors.judge import Judge, RankAlpagasus, RankDeita, RankInstag
from gdig.config.selectors.losses import (
    IfdModel,
    OneShot,
    RankDeltaLoss,
    RankIfd,
    RankSuperfiltering,
    SeedModel,
    SmallModel,
    TokenLosses,
)
from gdig.config.selectors.mining import Indicators, InstructionGpt4, InstructionGpt4Clusters, Regression
from gdig.config.selectors.rank import RankGdigQuality, RankLoss, RankSeed
from gdig.config.selectors.reward import Embeddings, Mods, RewardModel, Rewards
from gdig.config.selectors.targeted import (
    LessGradients,
    LessWarmup,
    RankCraft,
    RankLess,
    RankRds,
    RankTsds,
    Representations,
)
from gdig.config.significance import Significance
from gdig.config.training import Finetune, Warmup
from gdig.config.translate import Translate
from gdig.config.trials import Lds, Trials
from gdig.config.yaml_files import load_yaml

PARAMS_FILE = Path("params.yaml")
OPTIONAL_PARAMS_FILE = Path("selectors", "params.yaml")
PROFILES = Path("profiles")


class OptionalSections(Section):
    """All of `selectors/params.yaml`."""

    lds: Lds
    controls: Controls
    cleanliness: Cleanliness
    reward_model: RewardModel
    rewards: Rewards
    embeddings: Embeddings
    mods: Mods
    token_losses: TokenLosses
    ifd_model: IfdModel
    seed_model: SeedModel
    small_model: SmallModel
    one_shot: OneShot
    indicators: Indicators
    regression: Regression
    instructiongpt4: InstructionGpt4
    instructiongpt4_clusters: InstructionGpt4Clusters
    judge: Judge
    less_warmup: LessWarmup
    less_gradients: LessGradients
    representations: Representations
    external: External
    comet_qe: CometQe
    similarity: Similarity
    dual_ce: DualCe
    dsir: Dsir
    bitext: RankSeed
    fusion: Fusion
    filter: Filter
    rank_gdig_joint: RankGdigJoint
    rank_reward: RankSeed
    rank_mods: RankSeed
    rank_gdig_embedding: RankSeed
    rank_ifd: RankIfd
    rank_superfiltering: RankSuperfiltering
    rank_delta_loss: RankDeltaLoss
    rank_nuggets: RankSeed
    rank_instruction_mining: RankSeed
    rank_instructiongpt4: RankSeed
    rank_alpagasus: RankAlpagasus
    rank_instag: RankInstag
    rank_deita: RankDeita
    rank_less: RankLess
    rank_rds: RankRds
    rank_tsds: RankTsds
    rank_tfidf: RankSeed
    rank_craft: RankCraft
    rank_random_length: RankSeed
    trials: Trials


class Params(OptionalSections):
    """All of `params.yaml` and `selectors/params.yaml`."""

    profile: Name
    num_threads: Count | None
    selectors: Distinct[Name]
    budgets: Annotated[list[Count], Field(min_length=1)]
    languages: Languages
    prompt: Prompt
    passes: Passes
    pool: Pool
    noise: Noise
    embedded: Embedded
    seeds: Seeds
    prepare: Prepare
    base: Base
    warmup: Warmup
    curvature: Curvature
    gradients: Gradients
    influence: Influence
    quality: Quality
    diversity: Diversity
    rank_full: RankSeed
    rank_random: RankSeed
    rank_loss: RankLoss
    rank_base_loss: RankLoss
    rank_gdig_quality: RankGdigQuality
    rank_gdig: RankSeed
    finetune: Finetune
    translate: Translate
    score: Score
    systems: list[ExternalSystem]
    significance: Significance
    report: Report
    dataset: Dataset

    @property
    def every_source(self) -> list[Source]:
        """Every source of the profile: of the pool, validation and test sets, and own seeds."""
        return [*self.pool.sources, *self.pool.valid, *self.pool.tests, *self.seeds.sources]

    @property
    def _needs_reward(self) -> bool:
        return bool({"reward", "mods", "instruction_mining", "instructiongpt4"}.intersection(self.selectors))

    @model_validator(mode="after")
    def _sections_agree(self) -> Self:
        if sorted(set(self.budgets)) != self.budgets:
            raise ValueError(f"budgets must rise without repeats, not {self.budgets}")
        if self.languages.source == self.languages.target:
            raise ValueError(
                f"languages.source and languages.target are both {self.languages.source!r}; name two languages"
            )
        if self.budgets[-1] > self.pool.num_pool:
            raise ValueError(
                f"budgets: {self.budgets[-1]} is more than pool.num_pool = {self.pool.num_pool}; lower the budget"
            )
        if self.base.model == "scratch" and not self.pool.num_base_text:
            raise ValueError(
                "base.model 'scratch' is trained on base text, but pool.num_base_text = 0 draws none; raise it, or "
                "name the folder of a model"
            )
        if self.base.model == "scratch" and self.prompt.format == "chat":
            raise ValueError(
                "prompt.format 'chat' needs a model with a chat template, which base.model 'scratch' makes none with; "
                "name the folder of an instruct model, or use format 'plain'"
            )
        if self.curvature.kind == "ekfac" and self.influence.inverse == "factored":
            raise ValueError(
                "influence.inverse 'factored' inverts S and A apart, but curvature.kind 'ekfac' re-estimates the "
                "eigenvalues of their product; use inverse 'eigen', or kind 'kfac'"
            )
        if self.influence.estimator == "sketch" and not self.gradients.sketch_rank:
            raise ValueError(
                "influence.estimator 'sketch' estimates influence from sketched gradients, but gradients.sketch_rank = "
                "0 takes none; raise it (32), or use estimator 'exact'"
            )
        known = selector_names()
        if "full" in self.selectors:
            raise ValueError("selectors: 'full' is trained on in any case; take it out")
        filtered = [f"{name}_filtered" for name in (*self.filter.rankings, *CHOSEN_ANEW)]
        if unknown := [name for name in self.selectors if name not in [*known, *filtered]]:
            plain = unknown[0].removesuffix("_filtered")
            if plain != unknown[0] and plain in known:
                raise ValueError(f"selectors: {unknown[0]!r} is made of {plain!r}; add that to filter.rankings")
            raise ValueError(f"selectors: {unknown[0]!r} is no selector; selectors are {', '.join(known)}")
        if strange := [name for name in self.fusion.rankings if name == "fusion" or name not in known]:
            raise ValueError(f"fusion.rankings: {strange[0]!r} is no other selector; those are {', '.join(known)}")
        taken = [*(score.ranking for score in self.filter.scores), *self.filter.rankings]
        if strange := [name for name in taken if name not in known]:
            raise ValueError(f"filter: {strange[0]!r} is no selector; selectors are {', '.join(known)}")
        if strange := [name for name in self.filter.rankings if name in CHOSEN_ANEW]:
            raise ValueError(f"filter.rankings: {strange[0]}_filtered is there in any case; take {strange[0]!r} out")
        if "external" in self.selectors and self.external.scores == "none":
            raise ValueError(
                "selectors: 'external' takes scores of another tool, but external.scores is none; name a file or "
                "folder below data/external"
            )
        if "nuggets" in self.selectors and self.one_shot.num_anchors > self.seeds.count:
            raise ValueError(
                f"one_shot.num_anchors = {self.one_shot.num_anchors} is more than seeds.count = {self.seeds.count}; "
                f"lower it"
            )
        if "ifd" in self.selectors and self.ifd_model.num_clusters > self.pool.num_pool:
            raise ValueError(
                f"ifd_model.num_clusters = {self.ifd_model.num_clusters} is more than pool.num_pool; lower it"
            )
        if self._needs_reward and self.reward_model.model == "bradley_terry" and not self.pool.num_base_text:
            raise ValueError(
                "reward_model.model 'bradley_terry' is trained on base text, but pool.num_base_text = 0 draws none; "
                "raise it, or name a reward model"
            )
        if "mods" in self.selectors and self.mods.num_coverage > self.pool.num_pool:
            raise ValueError(f"mods.num_coverage = {self.mods.num_coverage} is more than pool.num_pool; lower it")
        for key in ("focus", "baseline"):
            name = getattr(self.report, key)
            if name not in [*self.selectors, "full"]:
                raise ValueError(f"report.{key}: {name!r} is not one of selectors {self.selectors} or 'full'")
        # Each metric of each other selector, on all pairs and on each test set: what one Holm correction covers.
        compared = len({*self.selectors, "full"} - {self.report.baseline})
        several = self.translate.split == "test" and len(self.pool.tests) > 1
        num_tests = len(self.score.metrics) * compared * (1 + len(self.pool.tests) if several else 1)
        least = math.ceil(round(num_tests / (1 - self.significance.confidence), 6)) - 1
        if self.significance.num_samples < least:
            raise ValueError(
                f"significance.num_samples = {self.significance.num_samples}: with {num_tests} tests at each budget no "
                f"difference could hold at confidence {self.significance.confidence}; take {least} or more"
            )
        if not self.seeds.sources and self.seeds.count + self.seeds.reserve > self.pool.num_heldout:
            raise ValueError(
                f"seeds.count + seeds.reserve = {self.seeds.count} + {self.seeds.reserve} is more than "
                f"pool.num_heldout = {self.pool.num_heldout}"
            )
        refuse_repeats(self.every_source)
        names = [source.name for source in self.every_source]
        if strays := sorted(self.prepare.overrides.keys() - set(names)):
            raise ValueError(f"prepare.overrides: {strays[0]!r} is no source; sources are {', '.join(names)}")
        sources = [source.name for source in self.pool.sources]
        if strange := [entry.source for entry in self.dataset.licences if entry.source not in sources]:
            raise ValueError(
                f"dataset.licences: {strange[0]!r} is no source of the pool; those are {', '.join(sources)}"
            )
        tests = [source.name for source in self.pool.tests]
        if repeated := [a.name for a in self.systems if [b.name for b in self.systems].count(a.name) > 1]:
            raise ValueError(f"systems: two are named {repeated[0]!r}; say which is which")
        for system in self.systems:
            if isinstance(system.hypotheses, dict) and (strange := sorted(system.hypotheses.keys() - set(tests))):
                raise ValueError(
                    f"systems: {system.name!r} has hypotheses of {strange[0]!r}, which is no test set; test sets are "
                    f"{', '.join(tests)}"
                )
        if self.quality.min_survivors is not None and self.quality.min_survivors < self.budgets[-1]:
            raise ValueError(
                f"quality.min_survivors = {self.quality.min_survivors} is less than the largest budget "
                f"{self.budgets[-1]}; raise it, or use null for twice the largest budget"
            )
        return self


def selector_names() -> list[str]:
    """Return the names of all selectors but `full`, those of the core DAG first."""
    fields = sorted(Params.model_fields, key=OptionalSections.model_fields.__contains__)
    ranked = [key.removeprefix("rank_") for key in fields if key.startswith("rank_")]
    return [name for name in ranked if name != "full"] + [*BITEXT, "fusion"]


def load_params(path: Path = PARAMS_FILE) -> Params:
    """Read and validate params.yaml, and selectors/params.yaml beside it.

    Raises:
        ValueError: names the file, each wrong key, its value and what is allowed.
    """
    files = _read_files(path)
    values = _merged(files)
    try:
        return Params.model_validate(values)
    except ValidationError as error:
        keys = {detail["loc"][0] for detail in error.errors(include_url=False) if detail["loc"]}
        other = path.parent / OPTIONAL_PARAMS_FILE
        others = keys & (files[other].keys() | OptionalSections.model_fields.keys())  # of which one may be missing
        source = other if keys and keys <= others else f"{path} and {other}" if others else path
        raise ValueError(f"{source}: {mistakes(error, values)}") from None


def read_values(path: Path = PARAMS_FILE) -> dict[str, Any]:
    """Return the values of params.yaml and of selectors/params.yaml beside it, in one mapping.

    Raises:
        ValueError: a file is not YAML, or holds a key of the other.
    """
    return _merged(_read_files(path))


def _read_files(path: Path) -> dict[Path, dict[str, Any]]:
    files: dict[Path, dict[str, Any]] = {}
    optional = OptionalSections.model_fields.keys()
    for file in (path, path.parent / OPTIONAL_PARAMS_FILE):
        found = load_yaml(file)
        if not isinstance(found, dict):
            raise ValueError(f"{file}: no mapping of keys; restore it from Git, or `python -m gdig.tools.profile use`")
        if file == path and "features" in found:
            raise ValueError(
                f"{file}: `features` is gone, and the keys of optional selectors stand in {OPTIONAL_PARAMS_FILE}; "
                f"`python -m gdig.tools.profile migrate {file}` rewrites it"
            )
        if stray := [key for key in found if (key in optional) != (file != path) and key in Params.model_fields]:
            other = path if file != path else path.parent / OPTIONAL_PARAMS_FILE
            raise ValueError(f"{file}: {stray[0]} stands in {other}; move it there")
        files[file] = found
    return files


def _merged(files: Mapping[Path, Mapping[str, Any]]) -> dict[str, Any]:
    return {key: value for found in files.values() for key, value in found.items()}


def parse_params(values: Any, source: str) -> Params:
    """Validate a mapping of params; `source` names it in errors."""
    return validated(Params, values, source)
