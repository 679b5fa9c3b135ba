"""Sections of cleaning: languages, rules, limits."""

from typing import Annotated, Any, Self

from pydantic import Field, ValidationError, model_validator

from gdig.config.languages import LanguageCode
from gdig.config.mistakes import mistakes
from gdig.config.section import Count, Line, Name, Positive, Section, Seed, Share


class Languages(Section):
    """ISO 639 codes of the two sides, those of 639-1 where a language has one."""

    source: LanguageCode
    target: LanguageCode


class TokenLimit(Section):
    """Longest side in tokens of a tokenizer."""

    tokenizer: Line
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
                raise ValueError(mistakes(error, own, f"overrides.{source}")) from None
        return self
