"""Experiments as users run them: in temporary folders and queues, sent to a colleague, compared."""

import json
import shutil
import sys

import pytest
from ruamel.yaml import YAML

from gdig.io.files import digest
from gdig.io.records import read_pairs
from tests.pipeline.conftest import CORE, Checkout, is_up_to_date, restore
from tests.pipeline.staleness import base_of

pytestmark = pytest.mark.slow

METRICS = "metrics/embedded"


@pytest.fixture(scope="module")
def site(checkout, tmp_path_factory):
    """The checkout, cloned twice from a bare repository: `mine` has its cache, `theirs` has the remote alone."""
    folder = tmp_path_factory.mktemp("experiments")
    checkout.run("git", "clone", "--quiet", "--bare", str(checkout.folder), str(folder / "origin.git"))
    clones = []
    for name in ("mine", "theirs"):
        checkout.run("git", "clone", "--quiet", str(folder / "origin.git"), str(folder / name))
        clone = Checkout(folder / name)
        clone.run("git", "config", "user.name", name)
        clone.run("git", "config", "user.email", f"{name}@example.org")
        clones.append(clone)
    mine, theirs = clones
    # A copy, so that the checkout knows nothing of what is tried here; without runs, so that nothing is found done.
    cache = checkout.folder / ".dvc" / "cache"
    shutil.copytree(cache, mine.folder / ".dvc" / "cache", ignore=shutil.ignore_patterns("tmp", "runs"))
    mine.dvc("checkout", "--quiet", *CORE)
    assert is_up_to_date(mine)
    return mine, theirs


def gdig(site, module, *arguments, ok=True):
    return site.run(sys.executable, "-m", f"gdig.tools.{module}", *arguments, ok=ok)


def is_untouched(site):
    return site.run("git", "status", "--porcelain") == "" and is_up_to_date(site)


def test_any_pair_of_selectors_is_compared_with_the_numbers_of_the_stage(site):
    mine, _ = site
    found = json.loads(gdig(mine, "compare", "random", "gdig", "--json"))
    significance = json.loads((mine.folder / METRICS / "significance.json").read_text())
    (budget,) = found["budgets"].values()
    for metric, entry in significance["against_baseline"]["b0008"]["gdig"].items():
        ours = budget["differences"]["gdig"][metric]
        for key in entry.keys() - {"p_holm", "holds", "p_sacrebleu"}:
            assert ours[key] == pytest.approx(entry[key], abs=2e-4), (metric, key)
    random, own = (
        set(read_pairs(mine.folder / "data" / "embedded" / "subsets" / name / "8.jsonl")) for name in ("random", "gdig")
    )
    assert budget["overlap"]["gdig"]["jaccard"] == pytest.approx(len(random & own) / len(random | own), rel=1e-3)
    # Against a selector that is nobody's baseline, and the other way round.
    back = json.loads(gdig(mine, "compare", "gdig", "full", "--json"))["budgets"]["b0008"]["differences"]["full"]
    forth = json.loads(gdig(mine, "compare", "full", "gdig", "--json"))["budgets"]["b0008"]["differences"]["gdig"]
    assert back["chrf"]["low"] == pytest.approx(-forth["chrf"]["high"], abs=1e-3)
    assert back["chrf"]["p"] == forth["chrf"]["p"]
    table = gdig(mine, "compare", "random", "gdig")
    assert "8 pairs: gdig against random" in table
    assert "p, Holm" in table


def apply(checkout, name):
    """Apply an experiment: DVC ends with 255 for outputs of optional stages that never ran, after all is in place."""
    assert "Checkout failed for following targets" in checkout.dvc("exp", "apply", name, ok=False)


def test_an_experiment_in_a_temporary_folder_reaches_a_colleague(site):
    mine, theirs = site
    ran = mine.stages_run(mine.dvc("exp", "run", "--temp", "--name", "focus-random", "-S", "report.focus=random"))
    assert ran == ["report@embedded"]
    assert is_untouched(mine)
    changed = json.loads(mine.dvc("metrics", "diff", "HEAD", "focus-random", "--json").splitlines()[-1])
    assert list(changed) == [f"{METRICS}/focus.json"]
    assert changed[f"{METRICS}/focus.json"]["b0008.gain.seed_loss"]["new"] == 0

    mine.dvc("exp", "push", "origin", "focus-random")
    assert "focus-random" in theirs.dvc("exp", "list", "origin")
    theirs.dvc("exp", "pull", "origin", "focus-random")
    # Means, intervals and overlap of a revision come out of DVC's cache: nothing is checked out here.
    assert not (theirs.folder / "data" / "embedded").exists()
    told = json.loads(gdig(theirs, "compare", "random@focus-random", "gdig@focus-random", "--json"))
    assert told == json.loads(
        gdig(mine, "compare", "random", "gdig", "--json")
        .replace('"random"', '"random@focus-random"')
        .replace('"gdig"', '"gdig@focus-random"')
    )

    theirs.dvc("exp", "branch", "focus-random", "shown")
    assert "focus: random" in theirs.run("git", "show", "shown:params.yaml")
    apply(theirs, "focus-random")
    assert "focus: random" in (theirs.folder / "params.yaml").read_text("utf-8")
    assert is_up_to_date(theirs)
    apply(mine, "focus-random")
    try:
        reports = [digest(clone.folder / "data" / "embedded" / "report") for clone in (mine, theirs)]
        assert reports[0] == reports[1]
    finally:
        restore(mine)


def test_an_ablation_is_queued_run_two_at_a_time_and_compared(site):
    mine, _ = site
    arms = {str(number): {"set": [f"diversity.num_clusters={number}"]} for number in (8, 6, 5)}
    with (mine.folder / "ablations.yaml").open("w", encoding="utf-8") as stream:
        YAML().dump({"clusters": {"question": "How many?", "arms": arms}}, stream)
    refused = gdig(mine, "ablation", "run", "clusters", ok=False)
    assert "error: ablations.yaml differs from the last commit" in refused
    mine.commit()
    output = gdig(mine, "ablation", "run", "clusters", "--jobs", "2")
    assert "Started '2' new experiments task queue workers." in output
    assert "Jaccard index of the subset with that of 8" in output
    assert is_untouched(mine)
    assert set(mine.dvc("exp", "list", "--name-only").split()) == {"clusters-8", "clusters-6", "clusters-5"}
    # The first arm is the last commit itself.
    assert mine.stages_run(output) == []
    for name in ("clusters-6", "clusters-5"):
        ran = {base_of(stage) for stage in mine.stages_run(mine.dvc("queue", "logs", name))}
        assert {"clusters", "rank_gdig"} <= ran
        # The metrics of gdig and what they depend on; no report, and nothing of other selectors.
        assert ran <= {"clusters", "rank_gdig", "subset", "finetune", "translate", "score", "collect"}

    shown = json.loads(mine.dvc("exp", "show", "--only-changed", "--json"))
    revisions = {
        row["name"]: row["revs"][0]["data"]["params"]["params.yaml"]["data"] for row in shown[1]["experiments"]
    }
    assert {name: params["diversity"]["num_clusters"] for name, params in revisions.items()} == {
        "clusters-8": 8, "clusters-6": 6, "clusters-5": 5,
    }  # fmt: skip
    # The command of docs/ablations.md: a row an experiment, the param and the scores.
    table = mine.dvc(
        "exp", "show", "--md", "--hide-workspace", "--drop", ".*",
        "--keep", "Experiment|diversity.num_clusters|.*/gdig.json.*(bleu|chrf).mean",
    ).splitlines()  # fmt: skip
    assert [cell.strip() for cell in table[0].strip("|").split("|")] == [
        "Experiment", f"{METRICS}/gdig.json:b0008.bleu.mean", f"{METRICS}/gdig.json:b0008.chrf.mean",
        "diversity.num_clusters",
    ]  # fmt: skip
    assert sorted(line.split("|")[-2].strip() for line in table[3:] if line) == ["5", "6", "8"]

    again = gdig(mine, "ablation", "run", "clusters")
    assert again.count("was run from this commit") == 3
    assert "dvc exp run" not in again
    assert "diversity.num_clusters=5 (was run)" in gdig(mine, "ablation", "list")
    assert "| 5 |" in gdig(mine, "ablation", "show", "clusters", "--markdown")
    pair = gdig(mine, "compare", "gdig@clusters-8", "gdig@clusters-5", "--markdown")
    assert "gdig@clusters-5 against gdig@clusters-8" in pair
    assert "95% interval" in pair


def test_what_is_not_there_is_told(site, tmp_path):
    mine, theirs = site
    for specs, message in (
        (("gdig", "gdig@no-such"), "error: 'no-such' is no revision"),
        (("gdig", "mods"), "error: mods: 'mods' is no selector there; params.yaml has random, gdig, full"),
        (("gdig", f"gdig@{first_commit(mine)}"), "is not there; compare with one at which a run was committed"),
    ):
        output = gdig(mine, "compare", *specs, ok=False)
        assert message in output
        assert "Traceback" not in output
    # Neither cache nor remote: what Git has is told.
    mine.run("git", "clone", "--quiet", str(theirs.folder.parent / "origin.git"), str(tmp_path / "deep" / "bare"))
    bare = Checkout(tmp_path / "deep" / "bare")
    means = json.loads(gdig(bare, "compare", "random", "gdig", "--json"))
    assert means["budgets"]["b0008"]["differences"]["gdig"]["bleu"].keys() == {"difference"}
    assert [note.partition(":")[0] for note in means["notes"]] == [
        "no intervals and no tests", "no overlap of the subsets",
    ]  # fmt: skip
    assert "is in neither DVC's cache nor its remote" in means["notes"][0]


def first_commit(site):
    return site.run("git", "rev-list", "--max-parents=0", "HEAD").strip()
