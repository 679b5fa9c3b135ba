"""Sections of the judge, an LLM behind an endpoint, and of the selectors that ask it."""

from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from gdig.config.section import Count, Line, Name, Positive, Section, Share
from gdig.config.selectors.rank import Preset, RankSeed

EMBEDDED = "embedded"
"""`base_url` that stands for the rule-based judge, which the stage starts itself."""

JUDGE_KINDS = ("rating", "tags", "complexity_quality")
"""What the judge can be asked."""


class Price(Section):
    """What a million tokens costs, in any currency."""

    prompt: Annotated[float, Field(ge=0)]
    """Of what is sent."""
    completion: Annotated[float, Field(ge=0)]
    """Of what comes back."""


class Judge(Section):
    """An OpenAI-compatible endpoint, and how it is asked."""

    base_url: Line
    model: Line | None
    key_variable: Annotated[str, Field(pattern="^[A-Z][A-Z0-9_]*$")]
    answers: Name
    json_schema: bool
    temperature: Annotated[float, Field(ge=0, le=2)] | None
    max_tokens: Count
    limit_name: Literal["max_tokens", "max_completion_tokens"]
    concurrency: Count
    requests_per_minute: Positive | None
    timeout: Positive
    tries: Count
    parse_tries: Count
    max_unanswered: Annotated[int, Field(ge=0)]
    price_per_million_tokens: Price | None
    max_cost: Positive | None

    @model_validator(mode="after")
    def _can_be_asked(self) -> Self:
        if (self.base_url == EMBEDDED) != (self.model is None):
            raise ValueError(
                f"base_url = {self.base_url!r} and model = {self.model!r}: an endpoint needs the name of a model, as "
                f"it knows it; the embedded judge has none, write null"
            )
        if self.base_url != EMBEDDED:
            self._check_url()
        if self.max_cost is not None and self.price_per_million_tokens is None:
            raise ValueError(
                f"max_cost = {self.max_cost:g} is in the currency of price_per_million_tokens, which is null; say "
                f"{{prompt, completion}} there"
            )
        return self

    def _check_url(self) -> None:
        try:
            parts = urlsplit(self.base_url)
            host, secret = parts.hostname, parts.username or parts.password or parts.query or parts.fragment
            _ = parts.port
        except ValueError:
            host, secret, parts = None, None, urlsplit("")
        if secret:
            # The value is not repeated: it may hold a key.
            raise ValueError(
                f"base_url holds more than scheme, host and path; keys come from the environment variable "
                f"{self.key_variable}, never from params"
            )
        if parts.scheme not in ("http", "https") or not host:
            raise ValueError(
                f"base_url = {self.base_url!r} must be {EMBEDDED!r} or a URL as https://api.example.org/v1, to which "
                f"/chat/completions is added"
            )


class RankAlpagasus(RankSeed):
    """Highest rating first."""

    threshold: Annotated[float, Field(ge=0, le=5)] | None


class RankInstag(RankSeed):
    """Complexity-first diverse sampling over tags."""

    min_count: Count | None


class RankDeita(RankSeed):
    """Complexity x quality, with the representation filter."""

    preset: Preset
    tau: Annotated[float, Field(ge=-1, le=1)] | None
    tau_quantile: Share | None
    num_calibration: Count

    @model_validator(mode="after")
    def _one_tau(self) -> Self:
        if (self.tau is None) == (self.tau_quantile is None):
            raise ValueError("say tau or tau_quantile, and null for the other")
        return self
