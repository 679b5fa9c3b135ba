"""The optional selectors in the real DAG, where all of their stages have run."""

import hashlib
import json
import re
import shutil
import subprocess
import sys

import networkx as nx
import pytest

from gdig.config import OPTIONAL_PARAMS_FILE, PARAMS_FILE, read_values
from gdig.io.files import digest
from gdig.io.matrix import read_matrix
from gdig.io.ranking import RANKING, iterate_ranking, read_ranking
from gdig.io.records import read_pairs, read_rows
from gdig.run.paths import DVC_FILES
from gdig.tools import cells
from gdig.tools.reference.effects import effect
from gdig.tools.reference.keys import all_keys
from tests.checkpoints import made
from tests.pipeline.conftest import cell, is_params, is_up_to_date, locked, restore
from tests.pipeline.edits import edited
from tests.pipeline.staleness import base_of, plain_stages, stale_by_params, status_of

pytestmark = pytest.mark.slow

OPTIONAL = str(DVC_FILES[2])
FILE = f"{OPTIONAL}:"
RANKINGS = (
    "reward", "gdig_embedding", "mods", "ifd", "superfiltering", "delta_loss", "nuggets", "alpagasus", "instag",
    "deita", "gdig_joint", "instruction_mining", "instructiongpt4", "less", "rds", "tsds", "external",
    "tfidf", "dsir", "random_length", "fusion", "dual_ce",
    "similarity", "comet_qe", "craft", "gdig_filtered", "gdig_joint_filtered",
)  # fmt: skip


def stages_of(checkout):
    names = checkout.dvc("stage", "list", "--name-only", *map(str, DVC_FILES)).split()
    return {name for name in names if not is_params(name)}


@pytest.fixture(scope="module")
def optional(checkout, tmp_path_factory):
    """The checkout after every optional stage; after the tests it is as before, with no file left of them."""
    checkout.change("comet_qe.model", str(made("comet_qe", tmp_path_factory.mktemp("comet_qe"))))
    # A stand-in for GPT-2.
    checkout.change("small_model.model", str(checkout.folder / "data" / "embedded" / "base"))
    # A stand-in for an encoder.
    checkout.change("similarity.model", str(checkout.folder / "data" / "embedded" / "base"))
    pool = read_pairs(data(checkout) / "prepared" / "pool.jsonl")
    given = checkout.folder / "data" / "external" / "lengths.tsv"
    given.write_text("".join(f"{pair.id}\t{len(pair.trg)}\n" for pair in pool), "utf-8")
    checkout.change("external.scores", given.name)
    about = {"name": given.name, "better": "low", "tool": "wc", "version": "1", "licence": "none"}
    checkout.change("external.files", [about])
    had = {name for name in locked(checkout) if not is_params(name)}
    output = checkout.dvc("repro", OPTIONAL)
    ran = checkout.stages_run(output)
    assert len(ran) == len(set(ran))
    # Tests before these may have left some in the run cache.
    yield checkout, set(ran) | set(re.findall(r"^Stage '(.+)' is cached", output, re.MULTILINE)) | had
    given.unlink()
    checkout.run("git", "clean", "-d", "--force", "--quiet", "metrics", "selectors")
    shutil.rmtree(data(checkout))
    restore(checkout)
    assert is_up_to_date(checkout)


def data(checkout):
    return checkout.folder / "data" / "embedded"


def test_every_optional_stage_runs_once_and_no_other(optional):
    checkout, ran = optional
    assert ran == stages_of(checkout)
    assert {f"{FILE}rank_{name}@embedded" for name in RANKINGS} <= ran
    assert checkout.stages_run(checkout.dvc("repro") + checkout.dvc("repro", OPTIONAL)) == []
    assert "up to date" in checkout.dvc("status")


def test_they_measure_and_rank_as_they_say(optional):
    checkout, _ = optional
    pool = [pair.id for pair in read_pairs(data(checkout) / "prepared" / "pool.jsonl")]
    rankings = {path.parent.name: read_ranking(path) for path in (data(checkout) / "rankings").glob(f"*/{RANKING}")}
    ids, rewards = read_matrix(data(checkout) / "rewards", "reward")
    assert ids == pool == read_matrix(data(checkout) / "embeddings", "embedding")[0]
    reward_of = dict(zip(ids, rewards[:, 0].tolist(), strict=True))
    assert sorted(rankings["reward"]) == sorted(pool)
    length = {pair.id: len(pair.trg) for pair in read_pairs(data(checkout) / "prepared" / "pool.jsonl")}
    assert [length[i] for i in rankings["external"]] == sorted(length.values())
    assert [reward_of[i] for i in rankings["reward"]] == sorted(reward_of.values(), reverse=True)
    survivors = {row["id"] for row in read_rows(data(checkout) / "quality" / "survivors.jsonl")}
    assert set(rankings["gdig_embedding"]) == survivors
    assert rankings["gdig_embedding"] != rankings["gdig"]
    quality, coverage = (read_ranking(data(checkout) / "mods" / f"{name}.jsonl") for name in ("quality", "coverage"))
    assert quality == rankings["reward"][: len(quality)]
    assert rankings["mods"][:4] == coverage
    assert len(rankings["mods"]) == 8
    assert set(rankings["mods"]) <= set(quality)
    for name in ("reward", "mods"):
        scores = dict(iterate_ranking(data(checkout) / "rankings" / name / RANKING))
        assert scores == pytest.approx({i: reward_of[i] for i in scores}, rel=1e-5)
    gdig = dict(iterate_ranking(data(checkout) / "rankings" / "gdig" / RANKING))
    assert dict(iterate_ranking(data(checkout) / "rankings" / "gdig_embedding" / RANKING)) == gdig
    for name in ("ifd", "superfiltering", "delta_loss", "nuggets"):
        assert set(rankings[name]) <= set(pool)
        assert len(rankings[name]) == len(set(rankings[name])) >= 8
    experience = read_ranking(data(checkout) / "ifd_experience.jsonl")
    assert 8 <= len(experience) <= 16
    assert read_matrix(data(checkout) / "one_shot", "gain")[1].shape == (len(pool), 3)
    ratings = {row["id"]: row["score"] for row in read_rows(data(checkout) / "judge" / "rating.jsonl")}
    assert [ratings[i] for i in rankings["alpagasus"]] == sorted(ratings.values(), reverse=True)
    assert set(ratings) == set(rankings["alpagasus"]) == set(pool)
    assert len(rankings["instag"]) == len(rankings["deita"]) == 8
    counts = json.loads((data(checkout) / "judge" / "tags.json").read_text())
    assert counts["num_judged_pairs"] == counts["num_pairs"] == len(pool)
    metrics = json.loads((checkout.folder / "metrics" / "embedded" / "rewards.json").read_text())
    assert metrics["num_candidates"] == len(pool)
    assert set(metrics["accuracy"]) >= {"untranslated", "wrong_word"}
    cleanliness = {row["id"]: row for row in read_rows(data(checkout) / "cleanliness.jsonl")}
    assert list(cleanliness) == pool
    assert len(rankings["gdig_joint"]) == 8
    scores = dict(iterate_ranking(data(checkout) / "rankings" / "gdig_joint" / RANKING))
    assert scores == pytest.approx({i: cleanliness[i]["probability"] for i in scores}, rel=1e-5)
    for name in ("less", "rds", "tsds"):
        assert sorted(rankings[name]) == sorted(pool)


def test_stages_run_again_give_the_same_bytes(optional):
    checkout, _ = optional
    names = ("reward_model", "mods/necessity", "ifd_model", "seed_model", "one_shot", "less/warmup", "less/gradients",
             "controls.jsonl", "cleanliness.jsonl")  # fmt: skip
    before = [digest(data(checkout) / name) for name in names]
    for name in names:
        checkout.run(sys.executable, "-m", "stages", name.removesuffix(".jsonl").replace("/", "_"))
    assert [digest(data(checkout) / name) for name in names] == before


def test_the_order_of_cells_knows_what_an_optional_selector_waits_for(optional):
    checkout, _ = optional
    checkout.change("selectors", ["random", "gdig", "mods"])
    code = "from gdig.tools.cells import *; print(*upstream(stage_graph(), ranking_targets(load_params(), 'mods')))"
    try:
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=checkout.folder, env=checkout.environment, capture_output=True, text=True,
            check=True,
        ).stdout.split()  # fmt: skip
    finally:
        checkout.run("git", "checkout", "--", "params.yaml")
    assert done[-1] == "subset@embedded-mods"
    names = ("reward_model", "rewards", "embeddings", "mods_coverage", "mods_model", "mods_necessity", "rank_mods")
    places = [done.index(f"{FILE}{name}@embedded") for name in names]
    assert places[0] < places[1] < places[3] < places[4] < places[5] < places[6]
    assert places[2] < places[3]


WITHOUT_CODE = {"gdig_embedding", "gdig_filtered", "gdig_joint_filtered"}


@pytest.mark.parametrize("selector", sorted(set(RANKINGS) - WITHOUT_CODE))
def test_a_selectors_own_code_makes_its_stages_stale_and_nothing_else(optional, selector):
    """Its module, or every module of its folder. A stage before a ranking may be of the same folder."""
    checkout, _ = optional
    folder = {"instruction_mining": "mining", "instructiongpt4": "mining"}.get(selector, selector)
    place = checkout.folder / "gdig" / "selectors" / folder
    if not place.is_dir() and not place.with_suffix(".py").is_file():
        place = place.parent / "bitext" / folder
    paths = sorted(place.rglob("*.py")) if place.is_dir() else [place.with_suffix(".py")]
    dep = place if place.is_dir() else paths[0]
    listed = {
        name
        for name, stage in plain_stages(checkout.folder).items()
        if dep.relative_to(checkout.folder).as_posix() in stage["deps"]
    }
    before = {path: path.read_text("utf-8") for path in paths}
    try:
        for path, text in before.items():
            path.write_text(text + "# A comment.\n", "utf-8")
        stale = set(json.loads(checkout.dvc("status", "--json")))
    finally:
        for path, text in before.items():
            path.write_text(text, "utf-8")
    # Some code makes scores that a stage ranks by which others share.
    scored = f"{FILE}bitext_{selector}@embedded" in stale
    assert scored or f"{FILE}rank_{selector}@embedded" in stale
    assert {base_of(name) for name in stale} == listed
    assert all(name.startswith(FILE) for name in stale)
    rankings = {base_of(name) for name in stale if base_of(name).startswith("rank_")}
    both = {"rank_instruction_mining", "rank_instructiongpt4"}
    assert rankings == (both if folder == "mining" else {f"rank_{selector}"}) or (scored and not rankings)


def test_a_published_reward_model_and_encoder_are_copied_and_used(optional):
    """Stand-ins from folders: the reward model just trained, and the base as an encoder."""
    checkout, _ = optional
    local = checkout.folder.parent / "models"
    for name in ("reward_model", "base"):
        shutil.copytree(data(checkout) / name, local / name)
    before = digest(data(checkout) / "embeddings")
    weights = (local / "reward_model" / "model.safetensors").read_bytes()
    params = checkout.folder / OPTIONAL_PARAMS_FILE
    text = params.read_text("utf-8")
    try:
        checkout.change("reward_model.model", str(local / "reward_model"))
        checkout.change("embeddings.model", str(local / "base"))
        for name in ("reward_model", "embeddings"):
            checkout.run(sys.executable, "-m", "stages", name)
        assert (data(checkout) / "reward_model" / "model.safetensors").read_bytes() == weights
        record = json.loads((data(checkout) / "reward_model" / "record.json").read_text())
        sha256 = {"model.safetensors": hashlib.sha256(weights).hexdigest()}
        assert record == {"model": "reward_model", "revision": None, "sha256": sha256}
        assert digest(data(checkout) / "embeddings") != before  # without the base model's format
        checkout.change("reward_model.model", "no/such/folder")
        told = checkout.run(sys.executable, "-m", "stages", "reward_model", ok=False)
        assert "error: reward_model.model: there is no folder no/such/folder" in told
    finally:
        params.write_text(text, "utf-8")
        checkout.dvc("checkout", "--force", *map(str, DVC_FILES))


def test_every_params_key_makes_out_of_date_what_the_dvc_files_say(optional, monkeypatch):
    """What docs/stages.md is written from, `gdig.tools.reference.effects`, key by key against `dvc status`."""
    checkout, _ = optional
    monkeypatch.chdir(checkout.folder)
    texts = {path: path.read_text("utf-8") for path in (PARAMS_FILE, OPTIONAL_PARAMS_FILE)}
    params = read_values()
    keys = all_keys()
    effects = {key.name: effect(plain_stages(checkout.folder), key.name) for key in keys}

    def base(names):
        return {base_of(name) for name in names}

    try:
        before, stale = status_of(params)
        assert not stale
        graph = cells.stage_graph()
        # Whatever a key makes stale, its readers are found by following the graph, which has no loops.
        assert nx.is_directed_acyclic_graph(graph)

        plain = [key for key in keys if not effects[key.name].made + effects[key.name].moved]
        plain = [key for key in plain if key.name != "profile"]
        found = stale_by_params((key.name, edited(params, key)) for key in plain)
        for key in plain:
            at_once = base(effects[key.name].stale)
            assert found[key.name] == {name for name in before if base_of(name) in at_once}, key.name

        whole = ("num_threads", "pool.tests", "score.comet", "finetune.seeds", "rank_rds.seed")
        for key in keys:
            if key not in plain or key.name in whole:
                there, stale = status_of(edited(params, key))
                does = effects[key.name]
                at_once = base(does.stale) | base(does.moved)
                if key.name != "profile":
                    assert base(there ^ before) == base(does.made), key.name
                assert stale == {name for name in there if base_of(name) in at_once} | (there - before), key.name
    finally:
        for path, text in texts.items():
            path.write_text(text, "utf-8")


def test_switched_on_a_selector_that_was_ranked_runs_its_cells_alone(optional):
    checkout, _ = optional
    checkout.change("selectors", ["random", "gdig", "tsds"])
    try:
        ran = checkout.stages_run(checkout.dvc("repro", "collect@embedded-tsds"))
    finally:
        checkout.run("git", "checkout", "--", "params.yaml")
    assert ran == ["subset@embedded-tsds", *cell("embedded-tsds-8"), "collect@embedded-tsds"]
