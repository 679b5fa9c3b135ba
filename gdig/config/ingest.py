"""Sections of the raw pool: sources, planted noise.

A key that may be null may also be left out of a source, and nowhere else.
"""

from collections.abc import Iterable
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from gdig.config.section import Count, Distinct, Line, Name, OneOrTwo, Positive, Section, Seed, Share, Two

NOISE_KINDS = (
    "misaligned", "truncated", "dropped_words", "untranslated", "shuffled", "unrelated_suffix", "wrong_word"
)  # fmt: skip
"""What the default plants, and what a reward model's record names."""
NATURAL_KINDS = ("neighbour", "partly_copied", "repeated", "wrong_number", "wrong_name")
"""Defects that are fluent or hardly change a target, as crawled and translated text has them."""


class Sampled(Section):
    """What every source says; a key that may be null may also be left out."""

    name: Name
    """Name of its rows' origin, with which their ids begin."""
    rows: Count | None = None
    """So many of its rows, a seeded uniform sample."""
    weight: Positive | None = None
    """Its share of what the sources with `rows` leave; not in test and validation sets and seeds."""

    @model_validator(mode="after")
    def _one_measure(self) -> Self:
        if self.rows is not None and self.weight is not None:
            raise ValueError(f"source {self.name!r} has both rows and weight; say one")
        return self


class ScoreColumn(Section):
    """A column of numbers, below whose least value rows are rejected."""

    column: Line | Annotated[int, Field(gt=0)]
    """Name, or number from 1."""
    min: float
    """Rows below are left out."""


class Layout(Sampled):
    """How pairs stand in a file, or in two plain files read in step."""

    format: Literal["tsv", "csv", "jsonl", "json", "parquet", "plain", "tmx", "xliff"] | None = None
    """null: as the suffix says."""
    member: OneOrTwo | None = None
    """The file, or the two, in an archive; may have wildcards."""
    columns: Two[Line | int] | None = None
    """Source and target: names, numbers from 1, or language codes (TMX)."""
    score: ScoreColumn | None = None
    """Leaves out rows with a low score."""


GRAMMAR_PARTS = ("pool", "heldout", "base")
"""With which ids of the grammar's pairs begin, beside names of its sets."""


class EmbeddedSource(Sampled):
    """The grammar."""

    kind: Literal["embedded"]
    mixture: Literal["pool", "balanced"] | None = None
    """Of a validation or test set: sentences as in the pool, or equal shares of families and nothing repeated."""


def _require_like(key: str, location: OneOrTwo, sha256: OneOrTwo | None) -> None:
    if sha256 is not None and isinstance(location, list) != isinstance(sha256, list):
        raise ValueError(f"sha256 must have the form of {key}: one value, or a list of two")


class FilesSource(Layout):
    """A local file, or two plain files [source, target]."""

    kind: Literal["files"]
    path: OneOrTwo
    """Relative to the repository root, or absolute."""
    sha256: OneOrTwo | None = None
    """Of the file, or of each; checked, and tells DVC of a change."""

    @model_validator(mode="after")
    def _one_hash_a_file(self) -> Self:
        _require_like("path", self.path, self.sha256)
        return self


class UrlsSource(Layout):
    """A file to download, or two plain files [source, target]."""

    kind: Literal["urls"]
    url: OneOrTwo
    """Address, or two."""
    sha256: OneOrTwo | None = None
    """Of the file, or of each; from the first fetch on, the lock has it."""

    @model_validator(mode="after")
    def _one_hash_a_url(self) -> Self:
        _require_like("url", self.url, self.sha256)
        return self


class HubSource(Sampled):
    """A dataset of the Hugging Face hub at a pinned revision, or a local dataset folder (revision null)."""

    kind: Literal["hub"]
    dataset: Line
    """Id on the hub, local folder, or one `.parquet`, `.jsonl`, `.json`, `.csv` or `.tsv` file, also compressed."""
    config: Line | None = None
    """Configuration of the dataset."""
    revision: Line | None = None
    """Commit on the hub; null for what is local."""
    split: Line
    """Split of the dataset."""
    columns: Two[Line]
    """Source and target; `translation.de` reaches into an object."""
    score: ScoreColumn | None = None
    """Leaves out rows with a low score."""


Source = Annotated[EmbeddedSource | FilesSource | UrlsSource | HubSource, Field(discriminator="kind")]


def refuse_repeats(sources: Iterable[Sampled]) -> None:
    """Raise ValueError where two sources have one name."""
    names = [source.name for source in sources]
    if repeated := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f"two sources are named {repeated[0]!r}; ids begin with the name, so it must be unique")


def refuse_weights(sources: Iterable[Sampled]) -> None:
    """Raise ValueError where a source that is read whole has a weight."""
    for source in sources:
        if source.weight is not None:
            raise ValueError(f"source {source.name!r} is read whole, or `rows` of it; it cannot have a weight")


class Pool(Section):
    """Where raw pairs come from, and how many of each kind."""

    sources: Annotated[list[Source], Field(min_length=1)]
    valid: list[Source]
    tests: Annotated[list[Source], Field(min_length=1)]
    num_pool: Count
    num_heldout: Annotated[int, Field(ge=0)]
    num_valid: Count | None
    num_base_text: Annotated[int, Field(ge=0)]
    seed: Seed

    @model_validator(mode="after")
    def _sources_agree(self) -> Self:
        refuse_repeats([*self.sources, *self.valid, *self.tests])
        for source in self.sources:
            if source.rows is None and source.weight is None:
                raise ValueError(f"source {source.name!r} has neither rows nor weight; say one")
        refuse_weights([*self.valid, *self.tests])
        if bool(self.valid) != (self.num_valid is None):
            raise ValueError(
                "num_valid must be null where `valid` lists sources, and a number where it is empty; write `valid: []` "
                "to draw num_valid pairs from the sources"
            )
        self._embedded_agree()
        return self

    def _embedded_agree(self) -> None:
        held_out = [*self.valid, *self.tests]
        kinds = {source.kind for source in [*self.sources, *held_out]}
        if "embedded" not in kinds:
            return
        if len(kinds) > 1 or len(self.sources) > 1 or not self.valid:
            raise ValueError(
                "kind 'embedded' cannot be mixed: it must be the one source, and that of all of `valid` and `tests`"
            )
        for source in held_out:
            assert isinstance(source, EmbeddedSource)
            if source.name in GRAMMAR_PARTS:
                raise ValueError(f"source {source.name!r}: the grammar has a part of that name; choose another")
            if source.rows is None or source.mixture is None:
                raise ValueError(
                    f"source {source.name!r}: the grammar needs a number of rows and a mixture: pool or balanced"
                )
        if getattr(self.sources[0], "mixture", None) is not None:
            raise ValueError(f"source {self.sources[0].name!r}: mixture is of validation and test sets; see `embedded`")


class Noise(Section):
    """Noise planted in the pool and the held-out pairs; 0 leaves them as they came."""

    rate: Share
    kinds: Distinct[Literal[*NOISE_KINDS, *NATURAL_KINDS]]  # type: ignore[valid-type]
    seed: Seed


class Embedded(Section):
    """The grammar's pool: how redundant and how skewed it is."""

    boilerplate_share: Share
    boilerplate_copies: Count
    numbered_share: Share
    family_skew: Annotated[float, Field(gt=0, le=1)]
    heldout_skew: Annotated[float, Field(gt=0)] | None
