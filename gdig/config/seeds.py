"""Section of the seed pairs."""

from typing import Annotated

from pydantic import Field

from gdig.config.section import Count, Name, Section, Seed


class Seeds(Section):
    """Seed pairs and their revision."""

    count: Count
    reserve: Annotated[int, Field(ge=0)]
    revision: Name
    seed: Seed
