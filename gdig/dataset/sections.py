"""The sections of a card, as Markdown."""

from collections.abc import Mapping
from typing import Any

from gdig.config import Prompt
from gdig.dataset.facts import Facts
from gdig.dataset.layouts import SUFFIXES
from gdig.dataset.markdown import table
from gdig.dataset.rows import prompt_of
from gdig.dataset.selection import description_of

_LAYOUTS = {
    "parquet": "columns `instruction`, `input`, `output`, `id`, `score`, `rank`",
    "jsonl": "the same, a JSON object a line",
    "alpaca": "a JSON list of `instruction`, `input`, `output`",
    "sharegpt": "a JSON list of `id` and `conversations`: `human` says the prompt, `gpt` the target",
}


def summary(facts: Facts) -> str:
    """Return the summary section."""
    return (
        f"Sentence pairs to finetune a language model on translation, chosen from a pool of "
        f"{facts.quality['num_candidates']:,} by several selectors at several budgets. The subsets of a selector are "
        f"nested: each is the beginning of the next larger one, so take one and do not join them. Pairs stand in the "
        f"order of the selector, the first choice first."
    )


def subsets(facts: Facts) -> str:
    """Return the table of subsets."""
    labelled = facts.subsets[0].clean_share is not None
    several = [origin.source for origin in facts.origins] if len(facts.origins) > 1 else []
    header = ["name", "pairs", *(["without planted noise"] if labelled else []), *(f"from {name}" for name in several)]
    rows = []
    for subset in facts.subsets:
        precision = [] if subset.clean_share is None else [f"{subset.clean_share:.1%}"]
        parts = [f"{subset.from_source.get(name, 0):,}" for name in several]
        rows.append([subset.config, f"{subset.budget:,}", *precision, *parts])
    return table(header, rows)


def loading(facts: Facts) -> str:
    """Return the section on loading and columns."""
    layouts = [[f"`{SUFFIXES[name]}`", _LAYOUTS[name]] for name in facts.settings.layouts]
    code = (
        "from datasets import load_dataset\n\n"
        f'pairs = load_dataset("path/to/this/folder", "{facts.subsets[-1].config}", split="train")'
    )
    return "\n\n".join(
        [
            f"```python\n{code}\n```",
            "Each subset is `<selector>/<budget>` with",
            table(["suffix", "holds"], layouts),
            'The prompt of training is `instruction + "\\n" + input`, byte for byte, and `output` the answer. '
            "LLaMA-Factory joins them in this way; templates that put headings between them show the model another "
            "prompt. `input` is the source in quotation marks, `input[1:-1]` the source. `id` names the pair in the "
            "pool, `rank` counts from 1, and `score` is what the selector measured, or null. A prompt:",
            f"```text\n{prompt_of(facts.example)}\n```",
            *_chat(facts.prompt),
        ]
    )


def _chat(prompt: Prompt) -> list[str]:
    if prompt.format == "plain":
        return []
    system = "" if prompt.system is None else f", behind a system turn that says {prompt.system!r}"
    return [
        f"The pairs were chosen with this prompt as the user's turn of the base model's chat template{system}, and "
        f"`output` as the assistant's. Train on them in the same template."
    ]


def selection(facts: Facts) -> str:
    """Return the section on the selectors."""
    selectors = list(dict.fromkeys(subset.selector for subset in facts.subsets))
    rows = [[f"`{name}`", description_of(name).how, description_of(name).score or "null"] for name in selectors]
    chosen = table(["selector", "order", "`score`"], rows)
    if not any(name.startswith("gdig") for name in selectors):
        return chosen
    quality = facts.quality
    rule = (
        f"The quality rule of G-DIG (equation 4 of the paper) keeps pairs that help every one of "
        f"{quality['num_seeds']:,} seed pairs; {quality['num_strict']:,} do. "
    )
    if quality["share_reached"] < 1:
        rule += (
            f"That is fewer than the {quality['min_survivors']:,} that were wanted, so it was relaxed: "
            f"{quality['num_survivors']:,} pairs pass, each of which helps {quality['share_reached']:.1%} of the "
            f"seeds or more."
        )
    else:
        rule += f"{quality['num_survivors']:,} pairs pass."
    return f"{chosen}\n\n{rule}"


def origin(facts: Facts) -> str:
    """Return the section on sources and licences."""
    rows = [[o.source, o.kind, o.licence, o.url or ""] for o in facts.origins]
    read = facts.provenance.get("sources", {})
    files = [[origin.source, *_what_was_read(read[origin.source])] for origin in facts.origins if origin.source in read]
    parts = [
        table(["source", "kind", "licence", "says"], rows),
        "Licences are as the maintainers of this pool noted them, and `unknown` where they noted none. Those of the "
        "sources hold for the pairs; look at them before you hand the pairs on.",
    ]
    if files:
        parts.append(table(["source", "read from", "SHA-256 or revision"], files))
    return "\n\n".join(parts)


def _what_was_read(source: Mapping[str, Any]) -> tuple[str, str]:
    if "files" in source:
        files = source["files"]
        return (
            ", ".join(file.get("url", file["name"]) for file in files),
            ", ".join(f"`{file['sha256']}`" for file in files),
        )
    return source["dataset"], f"`{source.get('revision') or source.get('sha256')}`"


def limits(facts: Facts) -> str:
    """Return the section on intended use and limits."""
    points = [
        f"For finetuning a model to translate from {facts.languages.source} to {facts.languages.target}, and for "
        f"comparing ways to choose pairs.",
        "Chosen with one base model and one set of seeds (below); for another model other pairs may help more.",
        "Sources and targets are as in the corpora but for cleaning (`prepare` below): nobody looked at each pair, and "
        "mistakes, bias, offensive or personal text that the corpora have may be here too.",
        f"Pairs that share a side with the test sets {', '.join(facts.tests)} were "
        + ("rejected" if facts.decontaminated else "**not** rejected")
        + "; of other test sets nothing is known.",
    ]
    if facts.noise_rate:
        points.append(
            f"**Noise was planted** in {facts.noise_rate:.0%} of the pool (`noise` below), to measure what selectors "
            f"catch. What they missed is still here: made for experiments, not for a translator in use."
        )
    return "\n".join(f"- {point}" for point in points)
