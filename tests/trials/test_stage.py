"""Both stages on a pool of 24 pairs."""

import os
import signal

import pytest

from gdig.io.files import digest, read_json
from gdig.io.ranking import PROBABILITIES, RANKING, write_ranking
from gdig.io.records import Pair, read_rows, select, write_pairs, write_rows
from gdig.lm.load import load_model, load_tokenizer, save
from gdig.lm.loss import dataset_losses
from gdig.lm.prompt import encode_instructions
from gdig.run import stage
from gdig.run.paths import Paths
from gdig.scoring.surface import score
from gdig.training.run import train
from gdig.translate.run import translate
from stages import trial_runs, trials
from tests.conftest import toy_pairs
from tests.training.toy import settings as training

POOL = toy_pairs(24)
IDS = [pair.id for pair in POOL]
SEGMENTS = [Pair(f"s-{pair.id}", pair.src, pair.trg) for pair in toy_pairs(40)[24:34]]
SEEDS = toy_pairs(46)[34:]
KINDS = {i: "clean" if n % 3 else ("shuffled" if n % 2 else "truncated") for n, i in enumerate(IDS)}
RANKINGS = {"full": IDS[::-1], "random": IDS, "loss": [*IDS[12:], *IDS[:12]], "gdig": IDS[3:12]}
RUNS = ["full/24/1", "full/24/2"] + [
    f"{name}/{n}/{s}" for n in (8, 4) for name in RANKINGS if name != "full" for s in (1, 2)
]


@pytest.fixture
def micro(params):
    return params.model_copy(
        update={
            "selectors": ["random", "loss", "gdig"],
            "budgets": [4, 8],
            "trials": params.trials.model_copy(update={"seeds": [1, 2]}),
            "finetune": params.finetune.model_copy(update={"training": training(epochs=1.0, min_steps=2)}),
            "translate": params.translate.model_copy(update={"max_length_ratio": 1.0, "split": "valid"}),
        }
    )


@pytest.fixture
def paths(tmp_path, monkeypatch, base_folder):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GDIG_SCRATCH", str(tmp_path / "scratch"))
    monkeypatch.setattr(stage, "num_cores", lambda: 1)
    paths = Paths(profile="embedded")
    paths.base.parent.mkdir(parents=True)
    paths.base.symlink_to(base_folder)
    write_pairs(paths.pool, POOL)
    write_pairs(paths.valid, SEGMENTS)
    write_pairs(paths.test, SEGMENTS[:3])
    write_pairs(paths.seeds, SEEDS)
    write_rows(paths.labels, [{"id": i, "noise": kind} for i, kind in KINDS.items()])
    rows = [{"id": i, "share_helped": 0.5, "mean_influence": -1.0 if KINDS[i] == "clean" else 1.0} for i in IDS]
    write_rows(paths.quality, rows)
    for name, ids in RANKINGS.items():
        write_ranking(paths.subsets_of_all / name / RANKING, ids)
    return paths


def both(params, paths):
    trial_runs.main(params, paths)
    trials.main(params, paths)


def test_a_row_is_what_training_and_translating_by_hand_give(paths, micro, tmp_path):
    both(micro, paths)
    rows = {row["id"]: row for row in read_rows(paths.trials)}
    assert list(rows) == RUNS
    tokenizer, model = load_tokenizer(paths.base), load_model(paths.base)
    examples = encode_instructions(select(POOL, RANKINGS["loss"][:8]), tokenizer, micro.prompt)
    train(model, examples, micro.finetune.training, 2, "by hand")
    save(tmp_path / "by-hand", model, tokenizer)
    texts = translate(
        tmp_path / "by-hand", SEGMENTS, micro.prompt, micro.translate, tmp_path / "journal.jsonl", "by hand"
    )
    expected = score([texts[pair.id] for pair in SEGMENTS], [pair.trg for pair in SEGMENTS], "en")

    def loss_by_hand(pairs):
        held_out = encode_instructions(pairs, tokenizer, micro.prompt)
        losses = dataset_losses(model, held_out, 512, "by hand")
        tokens = {example.id: example.num_response_tokens for example in held_out}
        return pytest.approx(sum(losses[i] * tokens[i] for i in tokens) / sum(tokens.values()), abs=1e-4)

    row = rows["loss/8/2"]
    assert row == {
        "id": "loss/8/2", "selector": "loss", "budget": 8, "seed": 2, "num_pairs": 8,
        "num_tokens": sum(example.num_response_tokens for example in examples),
        "bleu": pytest.approx(expected["bleu"], abs=1e-4), "chrf": pytest.approx(expected["chrf"], abs=1e-4),
        "valid_loss": loss_by_hand(SEGMENTS), "seed_loss": loss_by_hand(SEEDS),
        "clean_share": 0.625,
    }  # fmt: skip
    assert row["chrf"] > 0
    assert rows["full/24/1"]["num_pairs"] == 24


def test_each_of_several_test_sets_has_its_own_scores_too(paths, micro):
    sets = {"easy": SEGMENTS[:4], "hard": SEGMENTS[4:]}
    sets = {name: [Pair(f"{name}-{n}", p.src, p.trg) for n, p in enumerate(own)] for name, own in sets.items()}
    write_pairs(paths.test, [pair for own in sets.values() for pair in own])
    both(micro.model_copy(update={"translate": micro.translate.model_copy(update={"split": "test"})}), paths)
    translated = {row["id"]: row["hypotheses"] for row in read_rows(paths.trial_runs)}
    for row in read_rows(paths.trials):
        for name, own in sets.items():
            texts = [translated[row["id"]][pair.id] for pair in own]
            expected = score(texts, [pair.trg for pair in own], "en")
            assert {key: row[f"{key}_{name}"] for key in expected} == pytest.approx(expected, abs=1e-4)


def test_what_a_reader_needs_once(paths, micro):
    both(micro, paths)
    found = read_json(paths.trials_metrics)
    assert paths.trials_metrics.read_bytes() == paths.trials_metrics_copy.read_bytes()
    assert (found["split"], found["num_segments"], found["num_pool"]) == ("valid", 10, 24)
    assert found["noise"]["num_of_kind"] == {"clean": 16, "shuffled": 4, "truncated": 4}
    # The ranking of gdig is not of the whole pool, so that nothing is said of what it leaves out.
    assert set(found["detection"]) == {"share_helped", "mean_influence", "random", "loss"}
    assert found["detection"]["mean_influence"] == {"all": 1, "shuffled": 1, "truncated": 1}
    assert found["detection"]["share_helped"]["all"] == 0.5
    rows = read_rows(paths.trials)
    mean = sum(row["bleu"] for row in rows if row["id"].startswith("gdig/4/")) / 2
    assert found["bleu"]["gdig"]["b0004"] == pytest.approx(mean, abs=1e-4)


def test_where_joint_gdig_is_selected_its_probabilities_are_held_against_the_labels(paths, micro):
    write_ranking(paths.subsets_of_all / "gdig_joint" / RANKING, IDS)
    rows = [{"id": i, "probability": 0.75 if KINDS[i] == "clean" else 0.05} for i in IDS]
    write_rows(paths.subsets_of_all / "gdig_joint" / PROBABILITIES, rows)
    both(micro.model_copy(update={"selectors": ["gdig_joint"]}), paths)
    noisy, clean = read_json(paths.trials_metrics)["reliability"]
    assert noisy == {"predicted": pytest.approx(0.05), "sound": 0.0, "weight": pytest.approx(8 / 24, abs=1e-4)}
    assert clean == {"predicted": pytest.approx(0.75), "sound": 1.0, "weight": pytest.approx(16 / 24, abs=1e-4)}


def test_without_labels_nothing_is_said_of_noise(paths, micro):
    write_rows(paths.labels, [{"id": i, "noise": "clean"} for i in IDS])
    both(micro, paths)
    assert {row["clean_share"] for row in read_rows(paths.trials)} == {None}
    assert read_json(paths.trials_metrics)["detection"] is None


def test_a_killed_stage_loses_the_run_in_flight_alone_and_bytes_are_those_of_one_run(
    paths, micro, tmp_path, monkeypatch
):
    """Its process is killed in the third run."""
    log, trial = tmp_path / "tried", trial_runs.trial

    def logged(setting, pairs, seed, label, scratch):
        begun = log.read_text().splitlines() if log.exists() else []
        log.write_text("\n".join([*begun, label.partition(",")[0]]))
        if len(begun) == 2:
            os.kill(os.getpid(), signal.SIGKILL)
        return trial(setting, pairs, seed, label, scratch)

    monkeypatch.setattr(trial_runs, "trial", logged)
    with pytest.raises(ValueError, match="a replicate's process was killed"):
        both(micro, paths)
    assert not paths.trial_runs.exists()
    both(micro, paths)
    names = [f"trial {number} of 14" for number in range(1, 15)]
    assert log.read_text().splitlines() == [*names[:3], *names[2:]]
    assert not [path for path in (tmp_path / "scratch").iterdir() if path.is_dir()]
    whole = digest(paths.trial_runs), digest(paths.trials)
    paths.trial_runs.unlink()
    monkeypatch.setattr(trial_runs, "trial", trial)
    both(micro, paths)
    assert (digest(paths.trial_runs), digest(paths.trials)) == whole


def test_a_ranking_shorter_than_a_budget_is_refused(paths, micro):
    with pytest.raises(ValueError, match="budget 10 is more than the 9 pairs of the ranking"):
        both(micro.model_copy(update={"budgets": [4, 10]}), paths)
