"""`params.yaml` as frozen, validated sections; what each key means is written beside it in `profiles/`."""

import math
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

PARAMS_FILE = Path("params.yaml")

NOISE_KINDS = (
    "misaligned", "truncated", "dropped_words", "untranslated", "shuffled", "unrelated_suffix", "wrong_word"
)  # fmt: skip

Count = Annotated[int, Field(gt=0)]
Share = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0)]
Seed = Annotated[int, Field(ge=0, lt=2**32)]
Precision = Literal["float32", "bfloat16"]
OneOrTwo = str | Annotated[list[str], Field(min_length=2, max_length=2)]
"""One parallel file, or two plain ones: source and target."""
Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")]


class Section(BaseModel):
    """A section of `params.yaml`: immutable, with no key unknown and no type guessed."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Prompt(Section):
    """How a pair is shown to a model."""

    target_language: str
    base_template: str

    @model_validator(mode="after")
    def _has_both_sides(self) -> Self:
        if self.base_template.count("{src_text}") != 1 or not self.base_template.endswith("{trg_text}"):
            raise ValueError("base_template must hold {src_text} once and end with {trg_text}")
        return self


class Sampled(Section):
    """What every source says; a key that may be null may also be left out."""

    name: Name
    """Name of its rows' origin, with which their ids begin."""
    rows: Count | None = None
    weight: Positive | None = None

    @model_validator(mode="after")
    def _one_measure(self) -> Self:
        if self.rows is not None and self.weight is not None:
            raise ValueError(f"source {self.name!r} has both rows and weight; say one")
        return self


class ScoreColumn(Section):
    """A column of numbers, below whose least value rows are rejected."""

    column: str | Annotated[int, Field(gt=0)]
    min: float


class Layout(Sampled):
    """How pairs stand in a file, or in two plain files read in step."""

    format: Literal["tsv", "csv", "jsonl", "parquet", "plain", "tmx", "xliff"] | None = None
    member: OneOrTwo | None = None
    columns: Annotated[list[str | int], Field(min_length=2, max_length=2)] | None = None
    score: ScoreColumn | None = None


class EmbeddedSource(Sampled):
    """The grammar."""

    kind: Literal["embedded"]


def _require_like(key: str, location: OneOrTwo, sha256: OneOrTwo | None) -> None:
    if sha256 is not None and isinstance(location, list) != isinstance(sha256, list):
        raise ValueError(f"sha256 must have the form of {key}: one value, or a list of two")


class FilesSource(Layout):
    """A local file, or two plain files [source, target]."""

    kind: Literal["files"]
    path: OneOrTwo
    sha256: OneOrTwo | None = None

    @model_validator(mode="after")
    def _one_hash_a_file(self) -> Self:
        _require_like("path", self.path, self.sha256)
        return self


class UrlsSource(Layout):
    """A file to download, or two plain files [source, target]."""

    kind: Literal["urls"]
    url: OneOrTwo
    sha256: OneOrTwo | None = None

    @model_validator(mode="after")
    def _one_hash_a_url(self) -> Self:
        _require_like("url", self.url, self.sha256)
        return self


class HubSource(Sampled):
    """A dataset of the Hugging Face hub at a pinned revision, or a local dataset folder (revision null)."""

    kind: Literal["hub"]
    dataset: str
    config: str | None = None
    revision: str | None = None
    split: str
    columns: Annotated[list[str], Field(min_length=2, max_length=2)]
    score: ScoreColumn | None = None


Source = Annotated[EmbeddedSource | FilesSource | UrlsSource | HubSource, Field(discriminator="kind")]


class Languages(Section):
    """ISO 639-1 codes of the two sides."""

    source: Annotated[str, Field(pattern="^[a-z]{2,3}$")]
    target: Annotated[str, Field(pattern="^[a-z]{2,3}$")]


class Pool(Section):
    """Where raw pairs come from, and how many of each kind."""

    sources: Annotated[list[Source], Field(min_length=1)]
    valid: list[Source]
    tests: Annotated[list[Source], Field(min_length=1)]
    num_pool: Count
    num_heldout: Count
    num_valid: Count | None
    num_base_text: Annotated[int, Field(ge=0)]
    seed: Seed

    @model_validator(mode="after")
    def _sources_agree(self) -> Self:
        names = [source.name for source in [*self.sources, *self.valid, *self.tests]]
        if repeated := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"two sources are named {repeated[0]!r}; ids begin with the name, so it must be unique")
        for source in self.sources:
            if source.rows is None and source.weight is None:
                raise ValueError(f"source {source.name!r} has neither rows nor weight; say one")
        for source in [*self.valid, *self.tests]:
            if source.weight is not None:
                raise ValueError(f"source {source.name!r} is read whole, or `rows` of it; it cannot have a weight")
        if bool(self.valid) != (self.num_valid is None):
            raise ValueError("num_valid must be null where `valid` lists sources, and a number where it is empty")
        embedded = [source for source in [*self.sources, *self.valid, *self.tests] if source.kind == "embedded"]
        if embedded and (len(self.sources), len(self.tests), len(self.valid), len(embedded)) != (1, 1, 0, 2):
            raise ValueError("kind 'embedded' cannot be mixed: it must be the one source and the one test set")
        if embedded and self.tests[0].rows is None:
            raise ValueError("tests: the grammar needs a number of rows")
        return self


class Noise(Section):
    """Noise planted in the pool and the held-out pairs; 0 leaves them as they came."""

    rate: Share
    kinds: Annotated[list[Literal[NOISE_KINDS]], Field(min_length=1)]  # type: ignore[valid-type]
    seed: Seed


class Embedded(Section):
    """The grammar's pool: how redundant and how skewed it is."""

    boilerplate_share: Share
    boilerplate_copies: Count
    family_skew: Annotated[float, Field(gt=0, le=1)]


class Seeds(Section):
    """Seed pairs and their revision."""

    count: Count
    reserve: Annotated[int, Field(ge=0)]
    revision: Name
    seed: Seed


class TokenLimit(Section):
    """Longest side in tokens of a tokenizer."""

    tokenizer: str
    max_tokens: Count


class LanguageId(Section):
    """When a side counts as another language's."""

    min_characters: Count
    min_probability: Share


class NearDuplicates(Section):
    """When two pairs count as the same."""

    min_similarity: Annotated[float, Field(gt=0, le=1)]
    num_permutations: Annotated[int, Field(ge=16)]
    seed: Seed


class Rules(Section):
    """Cleaning rules; each can be switched off."""

    normalise_unicode: bool
    drop_control_characters: bool
    drop_copies: bool
    max_characters: Count | None
    character_ratio: Annotated[list[Positive], Field(min_length=2, max_length=2)] | None
    token_limit: TokenLimit | None
    language_id: LanguageId | None
    drop_duplicates: bool
    near_duplicates: NearDuplicates | None
    decontaminate: bool
    decontaminate_ngram: Count | None

    @model_validator(mode="after")
    def _ratio_is_a_range(self) -> Self:
        if self.character_ratio is not None and self.character_ratio[0] > self.character_ratio[1]:
            raise ValueError(
                f"character_ratio: {self.character_ratio} must be the least and the greatest, in this order"
            )
        return self


class Prepare(Rules):
    """Cleaning rules, and what differs for single sources."""

    overrides: dict[Name, dict[str, Any]]

    def of(self, source: str) -> Rules:
        """Return the rules for the rows of a source."""
        return Rules.model_validate(self.model_dump(exclude={"overrides"}) | self.overrides.get(source, {}))

    @model_validator(mode="after")
    def _overrides_are_rules(self) -> Self:
        for source, own in self.overrides.items():
            if unknown := sorted(own.keys() - Rules.model_fields.keys()):
                raise ValueError(f"overrides.{source}.{unknown[0]} is not a known rule")
            try:
                self.of(source)
            except ValidationError as error:
                raise ValueError(
                    "; ".join(f"overrides.{source}.{_explain(detail, own)}" for detail in error.errors())
                ) from None
        return self


class Scratch(Section):
    """A small Llama trained from scratch."""

    vocab_size: Annotated[int, Field(ge=300)]
    hidden_size: Count
    intermediate_size: Count
    num_layers: Count
    num_heads: Count
    num_parallel: Count


class Training(Section):
    """One training run: AdamW with linear warm-up and decay to zero."""

    learning_rate: Positive
    batch_size: Count
    epochs: Positive
    min_steps: Annotated[int, Field(ge=0)]
    warmup_share: Share
    weight_decay: Annotated[float, Field(ge=0)]


class Base(Section):
    """The model that everything starts from."""

    model: str
    scratch: Scratch
    training: Training
    num_threads: Count | None
    seed: Seed


class Warmup(Section):
    """theta_T: the base model finetuned on the noisy pool."""

    pool_share: Annotated[float, Field(gt=0, le=1)]
    training: Training
    seed: Seed


class Curvature(Section):
    """(E)K-FAC curvature of the tracked linears."""

    kind: Literal["kfac", "ekfac"]
    dtype: Precision
    layer_step: Count
    linears: Annotated[list[str], Field(min_length=1)]
    num_examples: Count
    memory_gib: Positive
    max_tokens: Count
    seed: Seed


class Gradients(Section):
    """Projected gradients of the final MLP layer."""

    linear: str
    dim: Count
    projection: Literal["auto", "dense", "kronecker"]
    memory_gib: Positive
    shard_size: Count
    max_tokens: Count
    seed: Seed
    sketch_rank: Annotated[int, Field(ge=0)]


class Influence(Section):
    """Influence of every candidate on every seed."""

    estimator: Literal["exact", "sketch"]
    damping: Literal["relative", "fixed", "lemma"]
    damping_value: Positive | None
    inverse: Literal["eigen", "factored"]
    route: Literal["auto", "dense", "hybrid", "token_pairs", "low_rank"]
    rank: Count
    precision: Precision
    memory_gib: Positive
    max_passes: Count
    probe: Count
    min_agreement: Share
    shard_size: Count
    max_tokens: Count
    seed: Seed

    @model_validator(mode="after")
    def _route_fits_inverse(self) -> Self:
        if self.inverse == "factored" and self.damping == "lemma":
            raise ValueError("inverse 'factored' cannot be had with damping 'lemma'; use inverse 'eigen'")
        if self.inverse == "eigen" and self.route in ("hybrid", "token_pairs"):
            raise ValueError(
                f"route {self.route!r} applies the inverse to tokens, which needs inverse 'factored'; with 'eigen' use "
                f"'auto', 'dense' or 'low_rank'"
            )
        return self

    @model_validator(mode="after")
    def _value_fits_kind(self) -> Self:
        if (self.damping == "lemma") != (self.damping_value is None):
            raise ValueError(
                "damping_value must be null for damping 'lemma' (the warm-up gives eta and T), a number otherwise"
            )
        return self


class Quality(Section):
    """Equation 4 and its relaxation."""

    min_survivors: Count | None


class Diversity(Section):
    """K-means clusters of the survivors."""

    num_clusters: Count
    min_cluster_size: Count
    normalise: bool
    seed: Seed


class RankSeed(Section):
    """A selector that needs a seed for its order or its ties."""

    seed: Seed


class RankLoss(RankSeed):
    """A selector that makes one forward pass over the pool."""

    max_tokens: Count


class RankGdigQuality(RankSeed):
    """Order within the survivors."""

    order: Literal["mean_influence", "random"]


class Finetune(Section):
    """Finetuning of each subset from the base model, once per seed."""

    training: Training
    max_tokens: Count
    seeds: Annotated[list[Seed], Field(min_length=1)]


class Translate(Section):
    """Decoding of the evaluation split."""

    split: Literal["valid", "test"]
    num_beams: Count
    max_tokens: Count
    max_length_ratio: Positive
    max_length_extra: Count


class Significance(Section):
    """Intervals and tests."""

    num_samples: Annotated[int, Field(ge=100)]
    confidence: Annotated[float, Field(ge=0.5, lt=1)]
    seed: Seed


class Report(Section):
    """What the report compares."""

    focus: Name
    baseline: Name


class Params(Section):
    """All of `params.yaml`."""

    profile: Name
    num_threads: Count | None
    selectors: Annotated[list[Name], Field(min_length=1)]
    budgets: Annotated[list[Count], Field(min_length=1)]
    languages: Languages
    prompt: Prompt
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
    significance: Significance
    report: Report

    @model_validator(mode="after")
    def _sections_agree(self) -> Self:
        if sorted(set(self.budgets)) != self.budgets:
            raise ValueError(f"budgets must rise without repeats, not {self.budgets}")
        if self.budgets[-1] > self.pool.num_pool:
            raise ValueError(
                f"budgets: {self.budgets[-1]} is more than pool.num_pool = {self.pool.num_pool}; lower the budget"
            )
        if self.base.model == "scratch" and not self.pool.num_base_text:
            raise ValueError(
                "base.model 'scratch' is trained on base text, but pool.num_base_text = 0 draws none; raise it, or "
                "name the folder of a model"
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
        if len(set(self.selectors)) != len(self.selectors):
            raise ValueError(f"selectors must not repeat: {self.selectors}")
        for key in ("focus", "baseline"):
            name = getattr(self.report, key)
            if name not in [*self.selectors, "full"]:
                raise ValueError(f"report.{key}: {name!r} is not one of selectors {self.selectors} or 'full'")
        # BLEU and chrF of each other selector, on all pairs and on each test set: what one Holm correction covers.
        compared = len({*self.selectors, "full"} - {self.report.baseline})
        num_tests = 2 * compared * (1 if len(self.pool.tests) == 1 else 1 + len(self.pool.tests))
        least = math.ceil(round(num_tests / (1 - self.significance.confidence), 6)) - 1
        if self.significance.num_samples < least:
            raise ValueError(
                f"significance.num_samples = {self.significance.num_samples}: with {num_tests} tests at each budget no "
                f"difference could hold at confidence {self.significance.confidence}; take {least} or more"
            )
        if self.seeds.count + self.seeds.reserve > self.pool.num_heldout:
            raise ValueError(
                f"seeds.count + seeds.reserve = {self.seeds.count} + {self.seeds.reserve} is more than "
                f"pool.num_heldout = {self.pool.num_heldout}"
            )
        names = [source.name for source in [*self.pool.sources, *self.pool.valid, *self.pool.tests]]
        if unknown := sorted(self.prepare.overrides.keys() - set(names)):
            raise ValueError(f"prepare.overrides: {unknown[0]!r} is no source; sources are {', '.join(names)}")
        if self.quality.min_survivors is not None and self.quality.min_survivors < self.budgets[-1]:
            raise ValueError(
                f"quality.min_survivors = {self.quality.min_survivors} is less than the largest budget "
                f"{self.budgets[-1]}; raise it, or use null for twice the largest budget"
            )
        return self


def load_params(path: Path = PARAMS_FILE) -> Params:
    """Read and validate a params file.

    Raises:
        ValueError: names the file, each wrong key, its value and what is allowed.
    """
    try:
        values = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    except YAMLError as error:
        raise ValueError(f"{path}: not YAML: {error}") from None
    return parse_params(values, str(path))


def parse_params(values: Any, source: str) -> Params:
    """Validate a mapping of params; `source` names it in errors."""
    try:
        return Params.model_validate(values)
    except ValidationError as error:
        problems = [_explain(detail, values) for detail in error.errors(include_url=False)]
        raise ValueError(f"{source}: " + "\n  ".join(problems)) from None


def _explain(detail: Any, values: Any) -> str:
    key = ".".join(str(part) for part in detail["loc"])
    if detail["type"] == "missing":
        return f"{key} is missing; `python -m gdig.profile diff` shows what the profile has"
    if detail["type"] == "extra_forbidden":
        return f"{key} = {detail['input']!r} is not a known key; check its spelling and section"
    if detail["type"] == "value_error":
        message = detail["msg"].removeprefix("Value error, ")
        return f"{key}: {message}" if key else message
    return f"{key} = {detail['input']!r}: {detail['msg'].lower()}"
