"""The prompt, which every model reads, and the precision of passes."""

from typing import Literal, Self

from pydantic import model_validator

from gdig.config.section import Line, Section


class Passes(Section):
    """Passes of a model over pairs that take no gradients."""

    dtype: Literal["auto", "float32", "bfloat16"]


class Prompt(Section):
    """How a pair is shown to a model."""

    target_language: Line
    format: Literal["plain", "chat"]
    system: str | None
    base_template: str

    @model_validator(mode="after")
    def _has_a_turn_for_system(self) -> Self:
        if self.system is None:
            return self
        if self.format == "plain":
            raise ValueError(
                f"system = {self.system!r} is for chat templates, but format = 'plain' has no system turn; set it to "
                f"null, or format to 'chat'"
            )
        if not self.system.strip():
            raise ValueError(f"system = {self.system!r} is empty; null leaves the system turn out")
        return self

    @model_validator(mode="after")
    def _has_both_sides(self) -> Self:
        require_both_sides("base_template", self.base_template)
        return self


def require_both_sides(key: str, template: str) -> None:
    """Raise ValueError unless a format holds the text that is read once, and ends with the one that is predicted."""
    # Other braces are text.
    counts = [template.count(name) for name in ("{src_text}", "{trg_text}")]
    if counts != [1, 1] or not template.endswith("{trg_text}"):
        raise ValueError(f"{key} = {template!r} must hold {{src_text}} once and end with its one {{trg_text}}")
