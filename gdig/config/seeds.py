"""Section of the seed pairs."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from gdig.config.ingest import Source, refuse_weights
from gdig.config.section import Count, Name, Section, Seed


class Seeds(Section):
    """Seed pairs, drawn or own, and their revision."""

    sources: list[Source]
    count: Count
    reserve: Annotated[int, Field(ge=0)]
    revision: Name
    seed: Seed

    @model_validator(mode="after")
    def _own_seeds_agree(self) -> Self:
        refuse_weights(self.sources)
        if any(source.kind == "embedded" for source in self.sources):
            raise ValueError("sources: own seeds cannot be of kind 'embedded'; [] draws seeds from the grammar")
        if self.sources and self.revision == "oracle":
            raise ValueError(
                "revision 'oracle' takes held-out pairs as they were before noise was planted, but `sources` lists own "
                "seeds; set revision to none, or to an imported revision of them"
            )
        return self
