"""The real libraries on tiny checkpoints, each metric in its own process."""

import json
import os
import random
import subprocess
import sys
from pathlib import Path
from statistics import fmean

import pytest

from gdig.config import Bleurt, Comet, Score
from gdig.io.records import Pair
from gdig.scoring.environment import metrics_python
from gdig.scoring.learned import learned_scores
from gdig.significance.resampling import Resampler, mean_difference, two_sided_p_value

pytestmark = pytest.mark.slow

WORDS = ["the", "man", "woman", "dog", "cat", "is", "in", "on", "of", "and", "with", "house", "runs", "quickly"]
SOURCE = random.Random(3)


def texts(least=2):
    return [" ".join(SOURCE.choices(WORDS, k=SOURCE.randint(least, 14))) for _ in range(40)]


def damaged(lines, rate):
    return [" ".join(word for word in line.split() if SOURCE.random() > rate) for line in lines]


REFERENCES = texts()
PAIRS = [Pair(f"test-{n:02d}", s, t) for n, (s, t) in enumerate(zip(texts(), REFERENCES, strict=True))]
SYSTEMS = {
    "near": damaged(REFERENCES, 0.1),
    "nearer": damaged(REFERENCES, 0.05),
    "far": ["", *damaged(REFERENCES[1:], 0.8)],
}
TRANSLATIONS = {name: dict(zip([p.id for p in PAIRS], lines, strict=True)) for name, lines in SYSTEMS.items()}


def settings(comet=None, bleurt=None, **changes):
    own = {"revision": None, "batch_size": 16} | changes
    return Score(
        comet=Comet(**{"model": str(comet), "precision": "float16"} | own) if comet else None,
        bleurt=Bleurt(model=str(bleurt), **own) if bleurt else None,
    )


@pytest.fixture(scope="module")
def found(tiny_comet, tiny_bleurt):
    return learned_scores(settings(tiny_comet, tiny_bleurt), PAIRS, TRANSLATIONS)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("lines")
    for name, lines in {"src": [p.src for p in PAIRS], "ref": REFERENCES, **SYSTEMS}.items():
        (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def command(name, folder, *arguments):
    done = subprocess.run(
        [metrics_python(name).parent / name, "-s", "src", "-r", "ref", "--gpus", "0", "--quiet", *map(str, arguments)],
        cwd=folder, env=os.environ | {"HF_HUB_OFFLINE": "1"}, check=True, capture_output=True, text=True,
    )  # fmt: skip
    return done.stdout


def test_comet_is_what_the_command_prints(found, files, tiny_comet):
    model = tiny_comet / "checkpoints" / "model.ckpt"
    printed = command("comet-score", files, "-t", *SYSTEMS, "--model", model).splitlines()
    ours = found.segments["comet"]
    for name, values in ours.items():
        for number, value in enumerate(values.values()):
            assert f"{name}\tSegment {number}\tscore: {value:.4f}" in printed
        assert f"{name}\tscore: {fmean(values.values()):.4f}" in printed
    assert len({value for values in ours.values() for value in values.values()}) > 60


def test_translations_that_differ_inside_a_batch_alone_have_scores_of_their_own(tiny_comet):
    long = ["the dog is in the man " * 12 + word for word in WORDS * 2][:16]
    middle = [text.replace("dog is in", "cat is in") if number in (6, 7) else text for number, text in enumerate(long)]
    pairs = [Pair(f"test-{number:02d}", text, text) for number, text in enumerate(long)]
    texts = {name: {p.id: t for p, t in zip(pairs, own, strict=True)} for name, own in (("a", long), ("b", middle))}
    ours = learned_scores(settings(tiny_comet), pairs, texts).segments["comet"]
    assert [i for i in ours["a"] if ours["a"][i] != ours["b"][i]] == ["test-06", "test-07"]


def test_bleurt_is_what_the_library_gives_for_references_and_candidates(found, tiny_bleurt):
    program = """
import json, sys
from bleurt_pytorch import BleurtForSequenceClassification, BleurtTokenizer
folder, references, systems = json.load(sys.stdin)
model = BleurtForSequenceClassification.from_pretrained(folder).eval()
tokenizer = BleurtTokenizer.from_pretrained(folder)
inputs = (tokenizer(references, lines, padding="longest", return_tensors="pt") for lines in systems)
json.dump([model(**own).logits.flatten().tolist() for own in inputs], sys.stdout)
"""
    done = subprocess.run(
        [metrics_python("bleurt"), "-c", program], check=True, capture_output=True, text=True,
        input=json.dumps([str(tiny_bleurt), REFERENCES, list(SYSTEMS.values())]),
    )  # fmt: skip
    for name, theirs in zip(SYSTEMS, json.loads(done.stdout), strict=True):
        ours = list(found.segments["bleurt"][name].values())
        assert ours == pytest.approx(theirs, abs=1e-5)
        assert len(set(ours)) > 30


def test_signatures_tell_model_version_and_settings(found):
    assert "@sha256:" in found.signatures["comet"]
    assert "|precision:float16|batch:16|device:" in found.signatures["comet"]
    assert "|version:2.2.7|torch:" in found.signatures["comet"]
    assert "|version:0.0.1|transformers:4." in found.signatures["bleurt"]


def test_the_verdicts_of_comet_compare(found, files, tiny_comet):
    """Its t-test over segments and our bootstrap of the mean agree on what is sure."""
    model = tiny_comet / "checkpoints" / "model.ckpt"
    command("comet-compare", files, "-t", *SYSTEMS, "--model", model, "--batch_size", 16, "--to_json", "out.json")
    theirs = json.loads((files / "out.json").read_text())
    references = {pair.id: pair.trg for pair in PAIRS}
    resampler = Resampler(references, "en", 2000, 1)
    ours = {name: resampler(references, {"comet": found.segments["comet"][name]})["comet"] for name in SYSTEMS}
    verdicts = set()
    for pair in theirs["statistical_results"]:
        x, y = (ours[Path(str(pair[key])).name] for key in ("x_name", "y_name"))
        p = two_sided_p_value(mean_difference([(x, y)]))
        assert p == pytest.approx(pair["paired_t-test"]["p_value"], abs=0.03)
        verdicts.add(p < 0.05)
    assert verdicts == {True, False}


def test_float32_does_not_depend_on_the_batch(tiny_comet):
    one, many = (
        learned_scores(
            settings(tiny_comet, precision="float32", batch_size=size), PAIRS, {"near": TRANSLATIONS["near"]}
        )
        for size in (3, 16)
    )
    assert one.segments["comet"]["near"] == pytest.approx(many.segments["comet"]["near"], abs=1e-6)


def test_nothing_asked_for_starts_nothing(monkeypatch):
    monkeypatch.setattr(subprocess, "run", None)
    assert learned_scores(settings(), PAIRS, TRANSLATIONS).segments == {}


def test_without_learned_metrics_their_libraries_are_not_imported():
    heavy = "('torch', 'comet', 'transformers', 'huggingface_hub')"
    program = f"import sys, stages.score; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"
