"""Features in the real DAG: their stages come with the switch, and go with it."""

import hashlib
import json
import shutil
import subprocess
import sys

import pytest
from ruamel.yaml import YAML

from gdig.io.files import digest
from gdig.io.matrix import read_matrix
from gdig.io.ranking import iterate_ranking, read_ranking
from gdig.io.records import read_pairs, read_rows
from gdig.tools import cells
from gdig.tools.reference.effects import effect, followers, stage_graph
from gdig.tools.reference.keys import all_keys
from tests.pipeline.conftest import repeatable
from tests.pipeline.edits import edited, rows_of
from tests.pipeline.staleness import PARAMS_FILE, base_of, behind, stale_by_params, status_of

pytestmark = pytest.mark.slow

FEATURES = {
    "lds": ["lds"],
    "trials": ["trials"],
    "cleanliness": ["cleanliness"],
    "reward": ["reward"],
    "embeddings": ["embeddings"],
    "mods": ["mods"],
    "losses": ["base", "warmup", "ifd_model", "seed_model"],
    "ifd": ["ifd"],
    "superfiltering": ["superfiltering"],
    "delta_loss": ["delta_loss"],
    "one_shot": ["one_shot"],
    "judge": ["rating", "tags", "complexity_quality"],
    "alpagasus": ["alpagasus"],
    "instag": ["instag"],
    "deita": ["deita"],
    "indicators": ["indicators"],
    "regression": ["regression"],
    "instructiongpt4": ["instructiongpt4"],
    "less": ["less"],
    "representations": ["representations"],
}
OPTIONAL = {
    "reward_model@embedded-reward", "rewards@embedded-reward", "rank_reward@embedded-reward",
    "embeddings@embedded-embeddings", "clusters_embedding@embedded-embeddings",
    "rank_gdig_embedding@embedded-embeddings", "mods_coverage@embedded-mods", "mods_model@embedded-mods",
    "mods_necessity@embedded-mods", "rank_mods@embedded-mods", "ifd_model@embedded-ifd", "rank_ifd@embedded-ifd",
    "token_losses@embedded-base", "token_losses@embedded-warmup", "token_losses@embedded-ifd_model",
    "token_losses@embedded-seed_model", "rank_superfiltering@embedded-superfiltering",
    "seed_model@embedded-delta_loss", "rank_delta_loss@embedded-delta_loss", "one_shot@embedded-one_shot",
    "rank_nuggets@embedded-one_shot",
    "judge@embedded-rating", "judge@embedded-tags",
    "judge@embedded-complexity_quality", "rank_alpagasus@embedded-alpagasus", "rank_instag@embedded-instag",
    "rank_deita@embedded-deita", "lds_runs@embedded-lds", "trials@embedded-trials", "controls@embedded-cleanliness",
    "cleanliness@embedded-cleanliness", "rank_gdig_joint@embedded-cleanliness", "indicators@embedded-indicators",
    "mining_subsets@embedded-regression",
    "mining_runs@embedded-regression", "mining_rule@embedded-regression",
    "rank_instruction_mining@embedded-regression", "instructiongpt4_scores@embedded-instructiongpt4",
    "instructiongpt4_clusters@embedded-instructiongpt4", "rank_instructiongpt4@embedded-instructiongpt4",
    "less_warmup@embedded-less", "less_gradients@embedded-less", "rank_less@embedded-less",
    "representations@embedded-representations", "rank_rds@embedded-representations",
    "rank_tsds@embedded-representations",
}  # fmt: skip
READ_ALL_RANKINGS = {"selection@embedded", "dataset@embedded", "report@embedded"}


def stages_of(checkout):
    return set(checkout.dvc("stage", "list", "--name-only").split())


def switch(checkout, *, on):
    for name, value in FEATURES.items():
        checkout.change(f"features.{name}", value if on else [])


@pytest.fixture(scope="module")
def featured(checkout):
    """The checkout with every feature; after the tests it is as before, with no file left of them."""
    switch(checkout, on=True)
    # What reads the folder of rankings comes behind all of them; nothing reads what lds_runs and trials leave.
    ran = set(checkout.stages_run(checkout.dvc("repro", "lds_runs", "trials", *READ_ALL_RANKINGS)))
    yield checkout, ran
    checkout.run("git", "checkout", "--", ".")
    checkout.run("git", "clean", "-d", "--force", "--quiet", "metrics")
    shutil.rmtree(checkout.folder / "data" / "embedded")
    checkout.dvc("checkout", "--force")
    assert "up to date" in checkout.dvc("status")


def data(checkout):
    return checkout.folder / "data" / "embedded"


def test_switched_on_their_stages_run_and_nothing_else(featured):
    checkout, ran = featured
    assert ran - READ_ALL_RANKINGS == OPTIONAL
    pool = [pair.id for pair in read_pairs(data(checkout) / "prepared" / "pool.jsonl")]
    rankings = {path.stem: read_ranking(path) for path in (data(checkout) / "rankings").iterdir()}
    ids, rewards = read_matrix(data(checkout) / "rewards", "reward")
    assert ids == pool == read_matrix(data(checkout) / "embeddings", "embedding")[0]
    reward_of = dict(zip(ids, rewards[:, 0].tolist(), strict=True))
    assert sorted(rankings["reward"]) == sorted(pool)
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
        scores = dict(iterate_ranking(data(checkout) / "rankings" / f"{name}.jsonl"))
        assert scores == pytest.approx({i: reward_of[i] for i in scores}, rel=1e-5)
    gdig = dict(iterate_ranking(data(checkout) / "rankings" / "gdig.jsonl"))
    assert dict(iterate_ranking(data(checkout) / "rankings" / "gdig_embedding.jsonl")) == gdig
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
    scores = dict(iterate_ranking(data(checkout) / "rankings" / "gdig_joint.jsonl"))
    assert scores == pytest.approx({i: cleanliness[i]["quality"] for i in scores}, rel=1e-5)
    for name in ("less", "rds", "tsds"):
        assert sorted(rankings[name]) == sorted(pool)


def test_stages_run_again_give_the_same_bytes(featured):
    checkout, _ = featured
    names = ("reward_model", "mods/necessity", "ifd_model", "seed_model", "one_shot", "less/warmup", "less/gradients",
             "controls.jsonl", "cleanliness.jsonl")  # fmt: skip
    before = [digest(data(checkout) / name) for name in names]
    for name in names:
        checkout.run(sys.executable, "-m", f"stages.{name.removesuffix('.jsonl').replace('/', '_')}")
    assert [digest(data(checkout) / name) for name in names] == before


def test_the_order_of_cells_knows_the_names_of_rankings_of_features(featured):
    checkout, _ = featured
    code = "from gdig.tools.cells import *; print(*ranking_targets(stage_graph(), 'mods'))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=checkout.folder, env=checkout.environment, capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    assert done.stdout.split() == ["base@embedded", "rank_mods@embedded-mods"]


def test_a_published_reward_model_and_encoder_are_copied_and_used(featured):
    """Stand-ins from folders: the reward model just trained, and the base as an encoder."""
    checkout, _ = featured
    local = checkout.folder.parent / "models"
    for name in ("reward_model", "base"):
        shutil.copytree(data(checkout) / name, local / name)
    before = digest(data(checkout) / "embeddings")
    weights = (local / "reward_model" / "model.safetensors").read_bytes()
    params = checkout.folder / "params.yaml"
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
        checkout.dvc("checkout", "--force")


def test_every_params_key_makes_out_of_date_what_the_page_says(featured, monkeypatch):
    """docs/stages.md, row by row, where every stage of dvc.yaml is there and has run."""
    checkout, _ = featured
    monkeypatch.chdir(checkout.folder)
    text = PARAMS_FILE.read_text("utf-8")
    params = YAML(typ="safe", pure=True).load(text)
    keys = all_keys()
    rows = rows_of((checkout.folder / "docs" / "stages.md").read_text("utf-8"), keys)
    stages = YAML(typ="safe", pure=True).load((checkout.folder / "dvc.yaml").read_text("utf-8"))["stages"]
    graph = stage_graph(stages)
    there = {None, "full", *params["selectors"], *params["features"]["losses"], *params["features"]["judge"]}
    graph.remove_nodes_from([node for node in list(graph) if node[1] not in there])
    # The page says whose losses these selectors might read; here it is one model's.
    for stage, read in (
        ("rank_superfiltering", {params["rank_superfiltering"]["scorer"]}),
        ("rank_delta_loss", {params["rank_delta_loss"]["before"], "seed_model"}),
    ):
        others = set(params["features"]["losses"]) - read
        graph.remove_edges_from([(("token_losses", name), (stage, None)) for name in others])
    try:
        before, stale = status_of(params)
        assert not stale
        dvc_graph = cells.stage_graph()
        for does in {effect(stages, key.name) for key in keys}:
            assert set(followers(graph, does)) == behind(dvc_graph, does)

        plain = [key for key in keys if not rows[key.name].in_names_or_paths]
        found = stale_by_params((key.name, edited(params, key)) for key in plain)
        for key in plain:
            assert found[key.name] == {name for name in before if base_of(name) in rows[key.name].at_once}, key.name

        for key in keys:
            if rows[key.name].in_names_or_paths or key.name in (
                "num_threads",
                "pool.tests",
                "score.comet",
                "finetune.seeds",
            ):
                there, stale = status_of(edited(params, key))
                row = rows[key.name]
                made = {base_of(name) for name in there ^ before}
                assert row.made == (made if key.name != "profile" else {"every stage"}), key.name
                assert stale == {name for name in there if base_of(name) in row.at_once} | (there - before), key.name
    finally:
        PARAMS_FILE.write_text(text, "utf-8")


def test_switched_off_they_are_gone_and_the_rest_is_as_before(featured):
    checkout, _ = featured
    assert stages_of(checkout) >= OPTIONAL
    lock = repeatable(checkout.run("git", "show", "HEAD:dvc.lock"))
    switch(checkout, on=False)
    assert not stages_of(checkout) & OPTIONAL
    # Their rankings still lie in the folder; what reads it takes those that params name.
    assert (data(checkout) / "rankings" / "mods.jsonl").is_file()
    checkout.dvc("repro")
    assert "up to date" in checkout.dvc("status")
    now = repeatable((checkout.folder / "dvc.lock").read_text("utf-8"))
    for name in ("selection@embedded", "significance@embedded", "report@embedded", "subset@embedded-gdig-8"):
        assert now[name]["outs"] == lock[name]["outs"]
