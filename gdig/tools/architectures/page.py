"""docs/architectures.md: what became of every causal architecture of the installed transformers."""

from collections.abc import Iterator, Sequence

import transformers

from gdig.tools.architectures.checks import Outcome

HEAD = """\
# Architectures

Made by `python -m gdig.tools.architectures` under transformers {version}: every architecture that it maps to a causal
language model is built tiny from its default configuration (kinds of layers kept, sizes made small, random weights),
saved as a folder, and taken through what a base model goes through:

- the checks of stage `base`: weights against configuration, no token sees those that follow, padding and batches change
  nothing, a head that reads positions, decoding token by token;
- losses of padded batches against the model's own logits of each text;
- inputs and output gradients of every linear of a block against autograd;
- influence against - g^T (H + damping)^-1 g with autograd's gradients and a dense inverse;
- greedy translation against the largest logits of whole passes, and beams against transformers' own search.

**Linears** can be named in `curvature.linears` and `gradients.linear`; of blocks of several kinds each tracks what it
has. Experts of a mixture are mostly one parameter of all experts, which is no linear and is not tracked: attention,
shared experts and dense blocks are. A model without any runs in every selector that needs no gradients of its own.

{counts}
"""
TABLE = "| model_type | linears that can be tracked | those that cannot, and why |\n|---|---|---|\n"
REASONS = "| model_type | reason |\n|---|---|\n"


RESULTS = {"runs": "run", "refused": "are refused", "not built": "cannot be built tiny here"}


def page(outcomes: Sequence[Outcome]) -> str:
    """Return the page."""
    results = {result: [found for found in outcomes if found.result == result] for result in RESULTS}
    counts = ", ".join(f"{len(found)} {RESULTS[result]}" for result, found in results.items())
    parts = [HEAD.format(version=transformers.__version__, counts=f"Of {len(outcomes)}: {counts}.")]
    for result, title in (("runs", "Run"), ("refused", "Refused by stage `base`"), ("not built", "Not built tiny")):
        parts += [f"\n## {title}\n\n", TABLE if result == "runs" else REASONS, *map(row, results[result])]
    return "".join(parts)


def row(found: Outcome) -> str:
    """Return the line of an architecture."""
    if found.result != "runs":
        return f"| {_code(found.kind)} | {_text(found.reason)} |\n"
    tracked = ", ".join(map(_code, found.tracked)) or "none"
    return f"| {_code(found.kind)} | {tracked} | {'; '.join(_untracked(found))} |\n"


def _untracked(found: Outcome) -> Iterator[str]:
    """Yield each reason once, after the linears that it holds for."""
    whys: dict[str, list[str]] = {}
    for path, reason in found.untracked.items():
        # The message names one linear of one block.
        why = _text(reason.partition(path)[2].partition(", so that")[0].strip() or reason)
        whys.setdefault(why, []).append(_code(path))
    yield from (f"{', '.join(paths)}: {why}" for why, paths in whys.items())


def _code(name: str) -> str:
    return f"`{name}`"


def _text(reason: str) -> str:
    return reason.replace("|", "\\|").replace("<", "&lt;").replace("*", "\\*")
