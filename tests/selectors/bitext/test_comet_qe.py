import json
from contextlib import contextmanager
from types import SimpleNamespace

import pytest

from gdig.config import CometQe
from gdig.io.files import digest, read_json
from gdig.io.ranking import iterate_ranking
from gdig.io.records import Pair, read_rows, write_pairs
from gdig.run.paths import Paths
from gdig.scoring import comet
from gdig.scoring.environment import VARIABLE, metrics_python
from gdig.scoring.process import conversation
from gdig.selectors.bitext import comet_qe
from stages import bitext_comet_qe, rank_bitext
from tests.checkpoints import in_metrics_environment
from tests.conftest import toy_pairs

POOL = [Pair("strip", " the man ", "a dog\t"), *toy_pairs(19)]
KINDS = {
    "regression_metric": None, "ranking_metric": None, "referenceless_regression_metric": None,
    "unified_metric": ["mt", "ref"], "unified_metric ": ["mt", "src"], "xcomet_metric": ["mt", "src", "ref"],
}  # fmt: skip
"""Class of each kind of model and what it reads; keys are stripped."""


@pytest.fixture
def paths(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GDIG_SCRATCH", str(tmp_path / "scratch"))
    paths = Paths(profile="p", selector="comet_qe")
    write_pairs(paths.pool, POOL)
    return paths


def settings(params, model, **changes):
    values = {"model": str(model), "revision": None, "batch_size": 4, "precision": "float32", "shard_size": 7}
    return params.model_copy(update={"comet_qe": CometQe.model_validate(values | changes)})


def checkpoint(folder, kind="referenceless_regression_metric", segments=None):
    """Files that are all of a checkpoint that is seen before it is loaded."""
    (folder / "checkpoints").mkdir(parents=True)
    (folder / "checkpoints" / "model.ckpt").write_bytes(b"x")
    (folder / "hparams.yaml").write_text(json.dumps({"class_identifier": kind.strip(), "input_segments": segments}))
    return folder


def scores(paths):
    return {row["id"]: row["score"] for row in read_rows(paths.bitext)}


THEIRS = """
import json, sys
from pathlib import Path
from types import SimpleNamespace
from tests.tiny_metrics import comet_kiwi, comet_qe
from comet import load_from_checkpoint
from comet.models import str2model
folder, rows, kinds = json.load(sys.stdin)
found = {}
for make in (comet_qe, comet_kiwi):
    model = load_from_checkpoint(str(make(Path(folder, make.__name__)) / "checkpoints" / "model.ckpt"))
    found[make.__name__] = model.predict(rows, batch_size=8, gpus=0, progress_bar=False).scores
needed = []
for kind, segments in kinds.items():
    model = SimpleNamespace(hparams=SimpleNamespace(input_segments=segments))
    needed.append(str2model[kind.strip()].requires_references(model))
print(json.dumps([found, needed]))
"""


@pytest.fixture(scope="module")
def theirs(tmp_path_factory):
    """Folder of tiny checkpoints, COMET's own scores of the pool with each, and which kinds it needs references for."""
    folder = tmp_path_factory.mktemp("comet")
    rows = [{"src": pair.src.strip(), "mt": pair.trg.strip()} for pair in POOL]
    printed = in_metrics_environment("-c", THEIRS, input=json.dumps([str(folder), rows, KINDS]))
    return folder, *json.loads(printed.splitlines()[-1])


@pytest.fixture(scope="module")
def process(theirs):
    """One process of COMET for all tests: its start takes seconds."""
    with conversation(metrics_python("tests"), comet.__name__, "comet_qe.batch_size") as ask:
        yield ask


@pytest.mark.slow
@pytest.mark.parametrize("model", ["comet_qe", "comet_kiwi"])
def test_scores_are_those_of_comet_and_the_highest_come_first(theirs, process, paths, params, monkeypatch, model):
    monkeypatch.setattr(comet_qe, "conversation", contextmanager(lambda *_: (yield process)))
    folder, expected, _ = theirs
    ours = settings(params, folder / model)
    bitext_comet_qe.main(ours, paths, "comet_qe")
    found = scores(paths)
    assert list(found) == [pair.id for pair in POOL]
    assert list(found.values()) == pytest.approx(expected[model], abs=1e-6)
    assert len({round(score, 4) for score in found.values()}) > 10
    weights = digest(folder / model / "checkpoints" / "model.ckpt")
    assert read_json(paths.qe_record) == {"model": f"{model}@sha256:{weights}"}
    rank_bitext.main(ours, paths, "comet_qe")
    ranked = [score for _, score in iterate_ranking(paths.ranking)]
    assert ranked == sorted(ranked, reverse=True)
    before = paths.bitext.read_bytes()
    bitext_comet_qe.main(settings(params, folder / model / "checkpoints" / "model.ckpt"), paths, "comet_qe")
    assert paths.bitext.read_bytes() == before


@pytest.mark.slow
def test_which_kinds_need_a_reference_is_what_comet_says(theirs, tmp_path):
    for number, (kind, segments) in enumerate(KINDS.items()):
        found = SimpleNamespace(folder=checkpoint(tmp_path / kind, kind, segments))
        assert comet.needs_reference(found) == theirs[2][number], kind


def test_a_kill_loses_one_shard(paths, params, tmp_path, monkeypatch):
    model, asked, left = checkpoint(tmp_path / "model"), [], [2]

    def ask(request):
        if not left[0]:
            raise KeyboardInterrupt
        left[0] -= 1
        (rows,) = request["files"]
        asked.append(rows)
        return {"scores": [[len(row["mt"]) / 8 for row in rows]]}

    monkeypatch.setenv(VARIABLE, "/bin/true")
    monkeypatch.setattr(comet_qe, "conversation", contextmanager(lambda *_: (yield ask)))
    with pytest.raises(KeyboardInterrupt):
        bitext_comet_qe.main(settings(params, model), paths, "comet_qe")
    assert [len(rows) for rows in asked] == [7, 7]
    left[0] = 1
    bitext_comet_qe.main(settings(params, model), paths, "comet_qe")
    assert [row for rows in asked for row in rows] == [{"src": p.src.strip(), "mt": p.trg.strip()} for p in POOL]
    assert scores(paths) == {pair.id: len(pair.trg.strip()) / 8 for pair in POOL}
    # Other weights are another model.
    (model / "checkpoints" / "model.ckpt").write_bytes(b"y")
    left[0] = 3
    bitext_comet_qe.main(settings(params, model), paths, "comet_qe")
    assert left == [0]


def test_a_score_that_is_no_number_is_named(paths, params, tmp_path, monkeypatch):
    def ask(request):
        return {"scores": [[float("nan")] * len(request["files"][0])]}

    monkeypatch.setenv(VARIABLE, "/bin/true")
    monkeypatch.setattr(comet_qe, "conversation", contextmanager(lambda *_: (yield ask)))
    with pytest.raises(ValueError, match=r"^pair strip: its score is no number"):
        bitext_comet_qe.main(settings(params, checkpoint(tmp_path / "model")), paths, "comet_qe")


def test_what_is_missing_or_needs_a_reference_is_told_before_any_pass(paths, params, tmp_path, monkeypatch):
    def refused(model):
        with pytest.raises(ValueError, match="^comet_qe") as error:
            bitext_comet_qe.main(settings(params, model), paths, "comet_qe")
        assert "\n" not in str(error.value)
        assert not paths.qe_scores.exists()
        return str(error.value)

    monkeypatch.setenv(VARIABLE, str(tmp_path / "nothing"))
    assert refused("./nowhere").startswith("comet_qe.model: there is no folder ./nowhere")
    told = refused(checkpoint(tmp_path / "da", "regression_metric"))
    assert told.startswith(
        f"comet_qe.model: {tmp_path / 'da'} scores against a reference, which pairs of the pool have"
    )
    assert told.endswith("name a reference-free model, such as Unbabel/wmt22-cometkiwi-da")
    told = refused(checkpoint(tmp_path / "qe"))
    assert told.startswith(f"comet_qe: {VARIABLE} = {tmp_path / 'nothing'}, which is no program")
