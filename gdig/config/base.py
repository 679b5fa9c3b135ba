"""Section of the base model."""

import re
from typing import Annotated, Self

from pydantic import Field, model_validator

from gdig.config.section import Commit, Count, Line, Section, Seed
from gdig.config.training import Training

HUB_ID = r"[A-Za-z0-9][\w.-]*(/[\w.-]+)?"


class Scratch(Section):
    """A small Llama trained from scratch."""

    vocab_size: Annotated[int, Field(ge=300)]
    hidden_size: Count
    intermediate_size: Count
    num_layers: Count
    num_heads: Count
    num_parallel: Count


class Base(Section):
    """The model that everything starts from."""

    model: Line
    revision: Commit | None
    scratch: Scratch
    training: Training
    num_threads: Count | None
    seed: Seed

    @property
    def is_gguf(self) -> bool:
        """Whether the model is a GGUF file, by its name."""
        return self.model.lower().endswith(".gguf")

    @model_validator(mode="after")
    def _revision_is_of_the_hub(self) -> Self:
        is_local = self.model == "scratch" or self.is_gguf or not re.fullmatch(HUB_ID, self.model)
        if self.revision is not None and is_local:
            raise ValueError(
                f"revision is the commit of a model of the hub, but model = {self.model!r} is none; "
                f"set revision to null"
            )
        return self
