"""Section of intervals and tests."""

from typing import Annotated

from pydantic import Field

from gdig.config.section import Section, Seed


class Significance(Section):
    """Intervals and tests."""

    num_samples: Annotated[int, Field(ge=100)]
    confidence: Annotated[float, Field(ge=0.5, lt=1)]
    seed: Seed
