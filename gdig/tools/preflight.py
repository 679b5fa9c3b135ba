"""What must hold before stages run for hours: DVC keeps what they make, the model reads the texts, has the linears."""

import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Collection
from pathlib import Path

from dvc.repo import Repo
from rich.filesize import decimal

from gdig.config import Params
from gdig.io.records import Pair, read_pairs
from gdig.io.tokens import is_surely_short
from gdig.run.paths import Paths


def preflight(due: Collection[str]) -> None:
    """Hold DVC's cache against the stages that are due.

    It must take files; where its disk has less space than those stages took the last time, a line says so and they
    run all the same: they may take less now, and what no longer fits can be saved afterwards.

    Args:
        due: names of stages, as `dvc status` has them.

    Raises:
        ValueError: no file can be written into the cache.
    """
    with Repo() as repo:
        cache = Path(repo.cache.local.path)
        outs = [out for stage in repo.index.stages if stage.addressing in due for out in stage.outs if out.use_cache]
    needed = sum(out.meta.size or 0 for out in outs)
    try:
        cache.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=cache).close()
    except OSError as error:
        raise ValueError(
            f"{os.path.relpath(cache)}: DVC's cache takes no files ({error.strerror}), so that no stage can be saved; "
            f"make it writable, or name another folder with `dvc cache dir`"
        ) from None
    if (free := shutil.disk_usage(cache).free) < needed:
        print(
            f"warning: {decimal(free)} are free where DVC's cache is, and what is due ({len(due)} of the stages) took "
            f"{decimal(needed)} the last time; `dvc gc -A --all-experiments` frees what no revision needs",
            file=sys.stderr,
        )


def check_lengths(params: Params) -> None:
    """Hold every text that a model will be shown against what the base model reads.

    Only texts of so many bytes that they may be too long are tokenised.

    Raises:
        ValueError: a pair is too long, names file and pair; or the model's chat template cannot be used.
    """
    from gdig.lm.load import load_tokenizer
    from gdig.lm.prompt import SPECIAL, chat_template, encode_instructions, instruction_text, max_positions, may_exceed
    from gdig.translate.prompts import tasks_of

    paths = Paths(profile=params.profile)
    tokenizer = load_tokenizer(paths.base)
    try:
        template = chat_template(tokenizer, params.prompt)
    except ValueError as error:
        raise ValueError(f"{paths.base}: {error}") from None
    for path in (paths.pool, paths.seeds, paths.valid):
        long = may_exceed(read_pairs(path), tokenizer, params.prompt)
        _of(path, lambda pairs: encode_instructions(pairs, tokenizer, params.prompt), long)
    path, settings = paths.test if params.translate.split == "test" else paths.valid, params.translate
    room = max_positions(tokenizer) - SPECIAL - settings.max_length_extra
    long = [
        pair
        for pair in read_pairs(path)
        if not is_surely_short(
            instruction_text(pair.src, params.prompt, template),
            room - settings.max_length_ratio * len(pair.src.encode()),
        )
    ]
    _of(path, lambda pairs: tasks_of(pairs, tokenizer, params.prompt, settings), long)


def check_linears(params: Params, due: Collection[str]) -> None:
    """Hold the linears that stages track against the base model, from its configuration alone.

    Args:
        params: of the run.
        due: names of stages, as `dvc status` has them.

    Raises:
        ValueError: a linear is none of a block's; lists those that are.
    """
    names = {name.partition("@")[0] for name in due}
    if not names & {"curvature", "gradients"}:
        return
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    from gdig.lm.layers import final_linear, tracked_linears

    config = AutoConfig.from_pretrained(Paths(profile=params.profile).base, local_files_only=True)
    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(config)
    if "curvature" in names:
        tracked_linears(model, params.curvature.layer_step, params.curvature.linears)
    if "gradients" in names:
        final_linear(model, params.gradients.linear)


def _of(path: Path, check: Callable[[list[Pair]], object], pairs: list[Pair]) -> None:
    try:
        check(pairs)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None
