"""Hold dvc.lock against code, params and dvc.yaml where there are no artifacts: no cache, no remote, no GPU.

`dvc repro --dry --allow-missing` looks at the same. But it ends with exit code 0 where a stage would run, or breaks off
there when a folder that the stage reads is missing, and it takes a file that Git should hold for a missing artifact.

    python -m gdig.tools.verify       say which stages would run, exit code 1 if any would
"""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

import networkx as nx
from dvc.repo import Repo

from gdig.config import load_params
from gdig.run.command import command


def problems(repo: Repo) -> Iterator[str]:
    """Yield a line for each file that Git should hold and does not, for each stage that would run, and what follows."""
    graph = needed(repo)
    cached = [out.fs_path for out in repo.index.outs if out.use_cache]
    used = (path for stage in graph for path in (*stage.deps, *stage.outs))
    in_git = [path for path in used if not _overlaps(path.fs_path, cached)]
    yield from sorted({f"{path} is missing, and DVC does not keep it" for path in in_git if not path.exists})
    with repo.lock:
        stale = [stage for stage in graph if stage.changed(allow_missing=True, upstream=list(graph.successors(stage)))]
    yield from (f"{stage.addressing} is out of date" for stage in stale)
    behind = set().union(*(nx.ancestors(graph, stage) for stage in stale)).difference(stale)
    if names := dict.fromkeys(s.name.partition("@")[0] for s in nx.dfs_postorder_nodes(graph) if s in behind):
        yield f"stages behind them: {', '.join(names)}"


def needed(repo: Repo) -> nx.DiGraph:
    """Return what `dvc repro` looks at: the stages of dvc.yaml, and of other DVC files those that they depend on.

    Stage `params` is left out: it makes nothing, and who asks has loaded the params, which is all that it does.
    """
    graph = repo.index.graph
    file = str(Path(repo.root_dir, "dvc.yaml"))
    core = {stage for stage in graph if stage.path == file and not stage.name.startswith("params@")}
    kept = core.union(*(nx.descendants(graph, stage) for stage in core))
    found = nx.DiGraph()
    found.add_nodes_from(stage for stage in graph if stage in kept)  # in its order, which a subgraph may not keep
    found.add_edges_from(graph.subgraph(kept).edges)
    return found


def _overlaps(path: str, others: list[str]) -> bool:
    """Say whether a path is one of the others, lies in one, or holds one."""
    return any(f"{other}/".startswith(f"{path}/") or f"{path}/".startswith(f"{other}/") for other in others)


@command
def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m gdig.tools.verify", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.parse_args()
    load_params()
    with Repo() as repo:
        found = list(problems(repo))
        num_stages = len(needed(repo))
    if found:
        print("\n".join(found), file=sys.stderr)
        sys.exit("error: dvc.lock does not belong to this code and these params; run `make repro` and commit dvc.lock")
    print(f"dvc.lock: {num_stages} stages are as this code and these params make them")


if __name__ == "__main__":
    main()
