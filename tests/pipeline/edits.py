"""An edit of every params key, to another value that it may have, and what docs/stages.md says of it."""

import copy
import re
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from gdig.config import Params
from gdig.tools.reference.keys import Key

COMMIT = "0" * 40
LORA = {"rank": 4, "alpha": 8.0, "dropout": 0.0, "targets": ["q_proj"]}
OTHER: dict[str, Any] = {
    "profile": "other",
    "num_threads": 2,
    "selectors": ["random", "gdig", "loss"],
    "budgets": [8, 16],
    "languages.source": "fr",
    "languages.target": "nl",
    "prompt.target_language": "Dutch",
    "prompt.system": "Be exact.",
    "prompt.base_template": "{src_text} = {trg_text}",
    "pool.sources": [{"name": "other", "kind": "embedded", "weight": 1.0}],
    "pool.valid": [{"name": "dev", "kind": "embedded", "mixture": "pool", "rows": 13}],
    "pool.tests": [{"name": "test", "kind": "embedded", "mixture": "pool", "rows": 13}],
    "pool.num_valid": 5,
    "embedded.heldout_skew": 2.0,
    "noise.kinds": ["misaligned"],
    "seeds.sources": [{"name": "trusted", "kind": "files", "path": "own.tsv"}],
    "seeds.revision": "none",
    "prepare.character_ratio": None,
    "prepare.token_limit": {"tokenizer": "folder", "max_tokens": 90},
    "prepare.language_id": {"min_characters": 20, "min_probability": 0.9},
    "prepare.near_duplicates": {"min_similarity": 0.8, "num_permutations": 64, "seed": 1},
    "prepare.decontaminate_ngram": 13,
    "prepare.overrides": {"grammar": {"drop_copies": True}},
    "base.model": "models/other",
    "base.revision": COMMIT,
    "warmup.memory.per_device_batch_size": 4,
    "warmup.memory.lora": LORA,
    "warmup.resume_steps": 9,
    "curvature.linears": ["mlp.up_proj"],
    "gradients.linear": "mlp.up_proj",
    "lds.seeds": [4],
    "trials.seeds": [4],
    "quality.min_survivors": 20,
    "controls.kinds": ["shuffled"],
    "reward_model.model": "models/other",
    "reward_model.revision": COMMIT,
    "reward_model.corruptions": ["shuffled"],
    "embeddings.model": "models/other",
    "embeddings.revision": COMMIT,
    "mods.alpha": 0.0,
    "mods.beta": 0.0,
    "ifd_model.band": [10.0, 90.0],
    "small_model.model": "models/other",
    "small_model.revision": COMMIT,
    "indicators.num_references": 60,
    "regression.indicators": ["reward"],
    "instructiongpt4.num_heads": 1,
    "judge.base_url": "http://127.0.0.1:8000/v1",
    "judge.model": "other",
    "judge.key_variable": "OTHER_KEY",
    "judge.answers": "other",
    "judge.requests_per_minute": 60.0,
    "judge.price_per_million_tokens": {"prompt": 0.5, "completion": 1.5},
    "judge.max_cost": 5.0,
    "fusion.rankings": ["random"],
    "filter.scores": [{"ranking": "loss", "drop_share": 0.5, "min_score": None}],
    "filter.rankings": ["loss"],
    "dual_ce.reverse_template": "{src_text} = {trg_text}",
    "comet_qe.model": "models/other",
    "comet_qe.revision": COMMIT,
    "similarity.model": "models/other",
    "similarity.revision": COMMIT,
    "similarity.prefix": "query: ",
    "external.scores": "other",
    "external.files": [{"name": "other.tsv", "better": "low", "tool": "t", "version": "1", "licence": "MIT"}],
    "rank_alpagasus.threshold": 4.5,
    "rank_instag.min_count": 3,
    "rank_deita.tau_quantile": 0.5,
    "less_warmup.memory.per_device_batch_size": 4,
    "less_warmup.lora.targets": ["q_proj"],
    "less_warmup.resume_steps": 9,
    "finetune.memory.per_device_batch_size": 4,
    "finetune.memory.lora": LORA,
    "finetune.resume_steps": 9,
    "finetune.seeds": [4],
    "score.comet": {"model": "m", "revision": None, "batch_size": 4, "precision": "float32"},
    "score.bleurt": {"model": "m", "revision": None, "batch_size": 4},
    "significance.confidence": 0.9,
    "systems": [{"name": "other", "hypotheses": "other.txt"}],
    "report.focus": "random",
    "report.baseline": "gdig",
    "dataset.layouts": ["jsonl"],
    "dataset.licences": [{"source": "grammar", "licence": "CC0-1.0"}],
}
"""Where another value does not follow from the type and the value in use."""


def edited(params: dict[str, Any], key: Key) -> dict[str, Any]:
    """Return params in which one key has another value; of a section that is null, all keys."""
    params = copy.deepcopy(params)
    place = params
    *sections, last = key.name.split(".")
    for depth, section in enumerate(sections, start=1):
        if place[section] is None:
            place[section] = copy.deepcopy(OTHER[".".join(sections[:depth])])
            return params
        place = place[section]
    before = place[last]
    place[last] = _other(key, before)
    assert place[last] != before
    try:
        Params.model_validate(params)
    except ValidationError as error:
        # What keys ask of each other takes more than one edit.
        wrong = [detail for detail in error.errors() if detail["type"] != "value_error"]
        assert not wrong, f"{key.name} cannot be {place[last]}"
    return params


def _other(key: Key, value: Any) -> Any:
    if key.name in OTHER:
        return OTHER[key.name]
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    if isinstance(value, float):
        return value / 2 if value else 0.25
    if isinstance(value, list):
        return [] if value else re.findall("`(.*?)`", key.allowed)
    return next(word for word in re.findall("`(.*?)`", key.allowed) if word != value)


@dataclass(frozen=True)
class Row:
    """What the page says: stages of dvc.yaml, without `_full`."""

    in_names_or_paths: bool
    """The key stands in the second table."""
    made: frozenset[str]
    at_once: frozenset[str]


def rows_of(page: str, keys: list[Key]) -> dict[str, Row]:
    """Return the row of docs/stages.md that tells of each key."""
    found: dict[str, Row] = {}
    for line in page.splitlines():
        if line.startswith("| `"):
            names, *made, at_once, _then = line.strip("| ").split(" | ")
            row = Row(bool(made), _stages(made[0]) if made else frozenset(), _stages(at_once))
            for name in re.findall("`(.*?)`", names):
                for key in keys:
                    if f"{key.name}.".startswith(f"{name}."):
                        assert key.name not in found, f"{key.name} stands there twice"
                        found[key.name] = row
    return found


def _stages(cell: str) -> frozenset[str]:
    return frozenset(["every stage"] if cell == "every stage" else re.findall("`(.*?)`", cell))
