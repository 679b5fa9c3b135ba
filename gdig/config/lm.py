"""The prompt: what every model reads."""

from typing import Self

from pydantic import model_validator

from gdig.config.section import Line, Section


class Prompt(Section):
    """How a pair is shown to a model."""

    target_language: Line
    base_template: str

    @model_validator(mode="after")
    def _has_both_sides(self) -> Self:
        # Other braces are text.
        counts = [self.base_template.count(name) for name in ("{src_text}", "{trg_text}")]
        if counts != [1, 1] or not self.base_template.endswith("{trg_text}"):
            raise ValueError(
                f"base_template = {self.base_template!r} must hold {{src_text}} once and end with its one {{trg_text}}"
            )
        return self
