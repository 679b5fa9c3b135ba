"""Sections of the data: pool, noise, seeds, cleaning, prompt."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, ValidationError, model_validator

from gdig.config.mistakes import explain
from gdig.config.section import Count, Name, Positive, Section, Seed, Share
from gdig.config.sources import Source

NOISE_KINDS = (
    "misaligned", "truncated", "dropped_words", "untranslated", "shuffled", "unrelated_suffix", "wrong_word"
)  # fmt: skip


class Prompt(Section):
    """How a pair is shown to a model."""

    target_language: str
    base_template: str

    @model_validator(mode="after")
    def _has_both_sides(self) -> Self:
        if self.base_template.count("{src_text}") != 1 or not self.base_template.endswith("{trg_text}"):
            raise ValueError("base_template must hold {src_text} once and end with {trg_text}")
        return self


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
    """Folder, or id on the hub."""
    max_tokens: Count
    """Pairs with a longer side are rejected."""


class LanguageId(Section):
    """When a side counts as another language's."""

    min_characters: Count
    """Shorter sides pass."""
    min_probability: Share
    """Sides pass that are less certainly in another language."""


class NearDuplicates(Section):
    """When two pairs count as the same."""

    min_similarity: Annotated[float, Field(gt=0, le=1)]
    """Jaccard similarity of two pairs from which the later one is rejected."""
    num_permutations: Annotated[int, Field(ge=16)]
    """Length of a MinHash: more estimate closer, and take more memory."""
    seed: Seed
    """Seed of the permutations."""


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
                    "; ".join(f"overrides.{source}.{explain(detail, own)}" for detail in error.errors())
                ) from None
        return self
