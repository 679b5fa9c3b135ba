"""The prompt: what every model reads."""

from typing import Self

from pydantic import model_validator

from gdig.config.section import Section


class Prompt(Section):
    """How a pair is shown to a model."""

    target_language: str
    base_template: str

    @model_validator(mode="after")
    def _has_both_sides(self) -> Self:
        if self.base_template.count("{src_text}") != 1 or not self.base_template.endswith("{trg_text}"):
            raise ValueError("base_template must hold {src_text} once and end with {trg_text}")
        return self
