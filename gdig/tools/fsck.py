"""Read every object of DVC's cache, or of a remote, and hold it against its name, which is its hash.

    python -m gdig.tools.fsck                      the cache, and the artifacts below data/
    python -m gdig.tools.fsck --remote [NAME]      a remote; without a name the default one
    python -m gdig.tools.fsck --mend               remove what is damaged, so that it can be fetched or made again

DVC itself trusts an object that is in its cache, and an artifact that it has hashed once: after a bit has flipped,
`dvc status` still says that all is up to date. What is damaged is named, and the exit code is 1. After --mend,
`dvc pull --force` fetches what a remote has, `dvc push` sends again what a remote had damaged, and `dvc repro` makes
what nobody has.
"""

import argparse
import os
import re
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from dvc.fs import localfs
from dvc.repo import Repo
from dvc_data.hashfile.db import HashFileDB
from dvc_data.hashfile.hash import file_md5
from dvc_data.hashfile.hash_info import HashInfo
from dvc_data.hashfile.tree import Tree

from gdig.run.command import command
from gdig.run.progress import track

HASH = re.compile(r"[0-9a-f]{32}(\.dir)?")
NUM_READERS = 8
"""Objects that are read at a time: a remote answers slowly, and hashing takes one core."""


def damaged_objects(objects: HashFileDB) -> list[str]:
    """Return the hashes of the objects whose bytes are not those that they are named by."""

    def is_damaged(oid: str) -> bool:
        try:
            # Not `objects.check`, which trusts an object of the cache by its mode.
            return bool(file_md5(objects.oid_to_path(oid), objects.fs) != oid.removesuffix(".dir"))
        except FileNotFoundError:
            return False  # Removed since it was listed, as `dvc gc` does.

    # Others are temporary files, of transfers under way or of killed ones.
    oids = sorted(oid for oid in objects.all() if HASH.fullmatch(oid))
    with ThreadPoolExecutor(NUM_READERS) as pool:
        found = track(pool.map(is_damaged, oids), total=len(oids), label="fsck", unit="objects")
        return [oid for oid, damaged in zip(oids, found, strict=True) if damaged]


def damaged_artifacts(repo: Repo) -> list[Path]:
    """Return the files of this workspace of whose bytes DVC is mistaken: it takes their hash for known, and it is not.

    A file that was edited is none of them: DVC sees that it is not the one that it hashed.
    """
    files: set[str] = set()
    for out in repo.index.outs:
        files.update(localfs.find(out.fs_path) if Path(out.fs_path).is_dir() else [out.fs_path])
    known = ((path, repo.state.get(path, localfs)[1]) for path in sorted(files))
    return [Path(path) for path, expected in known if expected and file_md5(path, localfs) != expected.value]


def names(repo: Repo) -> dict[str, str]:
    """Return where in this workspace each object belongs, by hash; of a folder whose list is gone, no files."""
    found = {}
    for out in repo.index.outs:
        if not (out.use_cache and out.hash_info):
            continue
        found[out.hash_info.value] = str(out)
        tree = out.get_obj() if out.hash_info.isdir and repo.cache.local.exists(out.hash_info.value) else None
        found |= {entry.value: "/".join((str(out), *key)) for key, _, entry in tree or ()}
    return found


def mend(objects: HashFileDB, oids: list[str], artifacts: list[Path]) -> None:
    """Remove damaged objects, and make DVC look again at damaged artifacts.

    The lists of files of folders that held a damaged object go too: where `dvc push` finds the list of a folder in a
    remote, it takes all files of that folder for sent.
    """
    bad = set(oids)
    for oid in list(objects.all()):
        if HASH.fullmatch(oid) and oid.endswith(".dir") and oid not in bad:
            tree = Tree.load(objects, HashInfo(objects.hash_name, oid))
            if not bad.isdisjoint(entry.value for _, _, entry in tree):
                objects.delete(oid)
    for oid in oids:
        objects.delete(oid)
    for path in artifacts:
        path.touch()


@command
def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m gdig.tools.fsck", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--remote", nargs="?", const="", metavar="NAME", help="look at a remote; default: the cache and the workspace"
    )
    parser.add_argument("--mend", action="store_true", help="remove damaged objects; mark damaged artifacts as changed")
    arguments = parser.parse_args()
    with Repo() as repo, repo.lock:
        sys.exit(fsck(repo, arguments.remote, arguments.mend))


def fsck(repo: Repo, remote: str | None, mending: bool) -> int:
    """Look at the cache, or at a remote (`""`: the default one), tell what is damaged and return the exit code."""
    local = remote is None
    objects = repo.cache.local if local else repo.cloud.get_remote_odb(remote or None, "verify")
    oids = damaged_objects(objects)
    artifacts = damaged_artifacts(repo) if local else []
    print("\n".join(_lines(objects, oids, artifacts, names(repo) if oids else {})))
    if not oids and not artifacts:
        return 0
    if not mending:
        print("`python -m gdig.tools.fsck --mend` removes them" if local else "with --mend they are removed")
        return 1
    mend(objects, oids, artifacts)
    print("removed; `dvc pull --force` fetches them, `dvc repro` makes what no remote has" if local else
          "removed; `dvc push` sends them again from a machine that has them")  # fmt: skip
    return 0


def _lines(objects: HashFileDB, oids: list[str], artifacts: list[Path], places: dict[str, str]) -> Iterator[str]:
    for oid in oids:
        place = places.get(oid, "of another profile, revision or experiment")
        yield f"damaged object {objects.oid_to_path(oid)} ({place})"
    for path in artifacts:
        yield f"damaged artifact {os.path.relpath(path)}"
    if not oids and not artifacts:
        yield f"{objects.path}: every object is what its name says"


if __name__ == "__main__":
    main()
