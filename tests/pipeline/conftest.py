"""A checkout of this repository in a temporary folder, with params so small that the whole DAG runs in a minute."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from filelock import FileLock
from ruamel.yaml import YAML

from gdig.config import OPTIONAL_PARAMS_FILE, PARAMS_FILE, OptionalSections
from gdig.run.paths import DVC_FILES
from tests.conftest import ROOT, default_values, write_params

MICRO = {
    "selectors": ["random", "gdig"],
    "budgets": [8],
    "pool": {"num_pool": 160, "num_heldout": 24, "num_base_text": 120,
             "valid": [{"name": "dev", "kind": "embedded", "mixture": "balanced", "rows": 12}],
             "tests": [{"name": "test", "kind": "embedded", "mixture": "pool", "rows": 12}]},
    "seeds": {"count": 16, "reserve": 4},
    "base": {
        "scratch": {"vocab_size": 400, "hidden_size": 16, "intermediate_size": 24, "num_layers": 3, "num_heads": 2,
                    "num_parallel": 100},
        "training": {"epochs": 2.0},
    },
    "curvature": {"num_examples": 40},
    "gradients": {"dim": 16, "shard_size": 64},
    "influence": {"shard_size": 8, "max_tokens": 512},
    "diversity": {"num_clusters": 8},
    "reward_model": {"num_pairs": 60, "num_held_out": 20, "training": {"epochs": 1.0}},
    "rewards": {"shard_size": 64},
    "embeddings": {"shard_size": 64},
    "mods": {"num_coverage": 4, "shard_size": 16},
    "lds": {"num_pairs": 20, "num_subsets": 3, "seeds": [1], "shard_size": 3},
    "token_losses": {"shard_size": 64},
    "ifd_model": {"num_clusters": 8, "per_cluster": 2},
    "one_shot": {"num_anchors": 3, "shard_size": 64},
    "indicators": {"shard_size": 64},
    "regression": {"indicators": ["reward", "mtld"], "num_random": 1, "subset_size": 16},
    "instructiongpt4": {"epochs": 3},
    "instructiongpt4_clusters": {"num_clusters": 3, "num_neighbours": 20},
    "less_warmup": {"training": {"epochs": 2.0}, "lora": {"rank": 2}},
    "less_gradients": {"dim": 64, "shard_size": 64},
    "representations": {"shard_size": 64},
    "finetune": {"training": {"epochs": 1.0, "min_steps": 2}, "seeds": [1, 2]},
    "translate": {"max_length_extra": 1, "max_length_ratio": 0.5},
}  # fmt: skip


def is_params(name: str) -> bool:
    """Return whether a stage is the one that holds the whole params files, and so runs after every edit."""
    return name.startswith("params@")


@dataclass
class Checkout:
    """A working copy with its own DVC cache and remote."""

    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        """The environment of every command: equal bytes need equal numbers of threads."""
        kept = {key: value for key, value in os.environ.items() if key != "GDIG_SCRATCH"}
        return kept | {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "OMP_NUM_THREADS": "2",
            "HF_HUB_OFFLINE": "1",
        }

    def run(self, *command: str, ok: bool = True) -> str:
        """Run a command in it; return what it printed."""
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=self.environment,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        assert (done.returncode == 0) == ok, f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout[-4000:]}"
        return done.stdout

    def dvc(self, *arguments: str, ok: bool = True) -> str:
        """Run DVC."""
        return self.run("dvc", *arguments, ok=ok)

    def stages_run(self, output: str) -> list[str]:
        """Return the stages that a `dvc repro` or `dvc exp run` ran; `params`, which every edit runs, is left out."""
        ran = [line.split("'")[1] for line in output.splitlines() if line.startswith("Running stage")]
        return [name for name in ran if not is_params(name)]

    def change(self, key: str, value: object) -> None:
        """Change one params key."""
        yaml = YAML()
        optional = key.partition(".")[0] in OptionalSections.model_fields
        path = self.folder / (OPTIONAL_PARAMS_FILE if optional else PARAMS_FILE)
        document = yaml.load(path.read_text(encoding="utf-8"))
        *sections, last = key.split(".")
        place = document
        for section in sections:
            place = place[section]
        place[last] = value
        with path.open("w", encoding="utf-8") as stream:
            yaml.dump(document, stream)

    def commit(self) -> None:
        """Commit everything."""
        self.run("git", "add", "--all")
        self.run("git", "-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "--quiet", "--message", "x")


def cell(name: str) -> list[str]:
    """Return the addresses of the stages of a cell, `<profile>-<selector>-<budget>`, in order."""
    return [f"{DVC_FILES[1]}:{stage}@{name}" for stage in ("finetune", "translate", "score")]


def locked(checkout: Checkout) -> dict[str, dict]:
    """Return the stages of all lock files by their addresses, none where there is no file yet."""
    found = {}
    for file in DVC_FILES:
        path, prefix = checkout.folder / file.with_suffix(".lock"), "" if file == DVC_FILES[0] else f"{file}:"
        if path.exists():
            stages = YAML(typ="safe", pure=True).load(path.read_text("utf-8"))["stages"]
            found |= {prefix + name: stage for name, stage in stages.items()}
    return found


def _merge(base, changes):
    for key, value in changes.items():
        if isinstance(value, dict):
            _merge(base[key], value)
        else:
            base[key] = value


def new_checkout(folder: Path) -> Checkout:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    ).stdout.splitlines()  # fmt: skip
    for name in listed:
        # Of metrics those that no stage makes.
        made = name.endswith("dvc.lock") or (name.startswith("metrics/") and not name.startswith("metrics/grids/"))
        if (ROOT / name).is_file() and not made:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    document = default_values()
    _merge(document, MICRO)
    write_params(folder, document)
    checkout = Checkout(folder)
    checkout.run("git", "init", "--quiet")
    checkout.commit()
    return checkout


@pytest.fixture(scope="session")
def checkout(tmp_path_factory) -> Checkout:
    """A checkout on which every stage has run once, cells side by side: run by one worker, copied by the others."""
    base = tmp_path_factory.getbasetemp()
    # Each worker's own folder is in that of the run.
    built = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "built"
    with FileLock(f"{built}.lock"):
        if not (built / "done").exists():
            shutil.rmtree(built, ignore_errors=True)
            (built / "repository").mkdir(parents=True)
            checkout = new_checkout(built / "repository")
            checkout.run(sys.executable, "-m", "gdig.tools.cells", "--jobs", "2")
            checkout.dvc("repro")
            checkout.commit()
            (built / "done").touch()
    return copied(Checkout(built / "repository"), tmp_path_factory.mktemp("site") / "repository")


def copied(checkout: Checkout, folder: Path) -> Checkout:
    """Return a copy of a checkout with its artifacts and cache."""
    shutil.copytree(checkout.folder, folder, symlinks=True)
    return Checkout(folder)


def cloned(checkout: Checkout, folder: Path) -> Checkout:
    """Return a clone of a checkout, as another machine makes it: nothing but what is in Git."""
    checkout.run("git", "clone", "--quiet", ".", str(folder))
    return Checkout(folder)


CORE = ("dvc.yaml", "--with-deps")
"""The target of DVC's commands that is what `dvc repro` looks at: the core DAG, and optional stages that it needs.

Without it they speak of optional stages that never ran too.
"""


def changes(checkout: Checkout) -> dict:
    """Return what `dvc status` finds in the core DAG and what it needs, by stage, but for `params`."""
    found = json.loads(checkout.dvc("status", "--json", *CORE))
    return {name: change for name, change in found.items() if not is_params(name)}


def is_up_to_date(checkout: Checkout) -> bool:
    """Return whether `dvc status` finds nothing in the core DAG and what it needs."""
    return "up to date" in checkout.dvc("status", *CORE)


def restore(checkout: Checkout) -> None:
    """Put back params, code and artifacts of the last commit."""
    checkout.run("git", "checkout", "--", ".")
    checkout.dvc("checkout", "--quiet", "--force", *CORE)


def outputs(checkout: Checkout) -> Path:
    """Return the folder of the artifacts."""
    return checkout.folder / "data" / "embedded"


def cached(folder: Path) -> dict[str, Path]:
    """Return the objects of a cache or of a remote in a folder by their hashes."""
    found = (folder / "files" / "md5").glob("??/*")
    return {path.parent.name + path.name: path for path in found}


def flip(path: Path) -> None:
    """Change one bit in the middle of a file and leave its mode as it is."""
    mode = path.stat().st_mode
    path.chmod(0o644)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    path.chmod(mode)


@pytest.fixture
def restored(checkout):
    """The checkout, whose params and artifacts are put back after the test."""
    yield checkout
    checkout.run(
        "git",
        "clean",
        "-d",
        "--force",
        "--quiet",
        "data/revisions",
        "profiles",
        "metrics",
        "selectors/dvc.lock",
    )
    restore(checkout)
    assert is_up_to_date(checkout)
