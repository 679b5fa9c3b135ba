"""The dataset card: front matter for `datasets` and the Hugging Face hub, and the text for people."""

from typing import Any

from huggingface_hub.utils import yaml_dump

from gdig.config import Section
from gdig.dataset import sections
from gdig.dataset.facts import Facts
from gdig.dataset.layouts import SUFFIXES
from gdig.dataset.licences import identifiers
from gdig.dataset.markdown import table

CITATION = """\
@inproceedings{pan2024gdig,
  title     = {{G-DIG}: Towards Gradient-based {DI}verse and hi{G}h-quality Instruction Data Selection for Machine Translation},
  author    = {Pan, Xingyuan and Huang, Luyang and Kang, Liyan and Liu, Zhicheng and Lu, Yu and Cheng, Shanbo},
  booktitle = {Proceedings of the 62nd Annual Meeting of the Association for Computational Linguistics},
  year      = {2024},
  eprint    = {2405.12915},
}"""  # noqa: E501
_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))


def card(facts: Facts) -> str:
    """Return the card."""
    params = {key: value.model_dump() if isinstance(value, Section) else value for key, value in facts.params.items()}
    parts = [
        f"---\n{yaml_dump(_front_matter(facts), sort_keys=False)}---",
        f"# Subsets of G-DIG: {facts.profile}, {facts.languages.source} to {facts.languages.target}",
        sections.summary(facts),
        "## Subsets",
        sections.subsets(facts),
        "## Loading",
        sections.loading(facts),
        "## How they were chosen",
        sections.selection(facts),
        "## Origin and licences",
        sections.origin(facts),
        "## Use and limits",
        sections.limits(facts),
        "## Params",
        f"```yaml\n{yaml_dump(params, sort_keys=False)}```",
        "## Files",
        table(["file", "bytes", "SHA-256"], [[f.path, f"{f.num_bytes:,}", f"`{f.sha256}`"] for f in facts.files]),
        "## Citation",
        f"```bibtex\n{CITATION}\n```",
    ]
    return "\n\n".join(parts) + "\n"


def _front_matter(facts: Facts) -> dict[str, Any]:
    largest = max(subset.budget for subset in facts.subsets)
    suffix = SUFFIXES[facts.settings.layouts[0]]
    return {
        "pretty_name": f"G-DIG subsets ({facts.profile})",
        "language": [facts.languages.source, facts.languages.target],
        "license": identifiers(facts.origins),
        "task_categories": ["translation", "text-generation"],
        "size_categories": [next((name for size, name in _SIZES if largest < size), "n>1M")],
        "tags": ["g-dig", "data-selection", "instruction-tuning"],
        "configs": [
            {
                "config_name": subset.config,
                "data_files": [{"split": "train", "path": f"{subset.selector}/{subset.budget}{suffix}"}],
            }
            for subset in facts.subsets
        ],
    }
