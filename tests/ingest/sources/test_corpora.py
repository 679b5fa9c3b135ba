import gzip
import json

import pytest

from gdig.config import Pool
from gdig.ingest.noise import plant
from gdig.ingest.sources.corpora import draw_parts
from gdig.io.files import digest
from gdig.io.order import shuffled


def entry(name, path, **more):
    path = [str(p) for p in path] if isinstance(path, list) else str(path)
    return {"name": name, "kind": "files", "path": path} | more


@pytest.fixture
def corpora(tmp_path):
    """News as TSV with a malformed row, European speeches as two plain files, a test set and a validation set."""
    rows = [f"Nachricht {n}\tnews {n}\n" for n in range(1, 61)]
    rows[9] = "nur eine Spalte\n"
    (tmp_path / "news.tsv.gz").write_bytes(gzip.compress(("de\ten\n" + "".join(rows)).encode()))
    for code, word in (("de", "Rede"), ("en", "speech")):
        (tmp_path / f"speech.{code}").write_text("".join(f"{word} {n}\n" for n in range(1, 41)))
    for name in ("test", "valid"):
        lines = [json.dumps({"de": f"{name} Satz {n}", "en": f"{name} sentence {n}"}) for n in range(1, 9)]
        (tmp_path / f"{name}.jsonl").write_text("\n".join(lines))
    names = {"columns": ["de", "en"]}
    return {
        "news": entry("news", tmp_path / "news.tsv.gz", **names, weight=1.0),
        "speech": entry("speech", [tmp_path / "speech.de", tmp_path / "speech.en"], weight=1.0),
        "test": entry("test", tmp_path / "test.jsonl", **names),
        "valid": entry("valid", tmp_path / "valid.jsonl", **names),
    }


def pool(corpora, sources=("news", "speech"), **changes):
    given = {
        "sources": [corpora[name] for name in sources], "tests": [corpora["test"]], "valid": [], "num_pool": 40,
        "num_heldout": 8, "num_valid": 6, "num_base_text": 4, "seed": 1,
    }  # fmt: skip
    return Pool(**(given | changes))


def parts(raw):
    return [raw.pool, raw.heldout, raw.valid, raw.base_text]


def test_parts_are_disjoint_mixed_seeded_and_stable_under_a_larger_pool(corpora):
    raw = draw_parts(pool(corpora), "some")
    assert [len(part) for part in parts(raw)] == [40, 8, 6, 4]
    ids = [pair.id for part in parts(raw) for pair in part]
    assert len(set(ids)) == len(ids)
    for part in parts(raw):
        assert sum(pair.id.startswith("news-") for pair in part) == len(part) / 2
        assert [pair.id for pair in part] == shuffled((pair.id for pair in part), 1)
    larger = draw_parts(pool(corpora, num_pool=50), "some")
    assert parts(larger)[1:] == parts(raw)[1:]
    assert {pair.id for pair in raw.pool} < {pair.id for pair in larger.pool}
    assert draw_parts(pool(corpora), "some") == raw
    assert draw_parts(pool(corpora, seed=2), "some").pool != raw.pool


def test_ids_are_row_numbers_and_the_origin_is_kept(corpora):
    raw = draw_parts(pool(corpora), "some")
    for pair in [*raw.pool, *raw.heldout]:
        name, _, number = pair.id.rpartition("-")
        words = {"news": ("Nachricht", "news"), "speech": ("Rede", "speech")}[name]
        assert (pair.src, pair.trg) == (f"{words[0]} {int(number)}", f"{words[1]} {int(number)}")
        assert raw.origin[pair.id] == name


def test_one_source_is_split_by_a_seeded_permutation_of_its_rows(corpora):
    raw = draw_parts(pool(corpora, sources=["speech"], num_pool=22), "some")
    order = shuffled((f"speech-{n:09d}" for n in range(1, 41)), 1)
    assert [pair.id for part in (raw.valid, raw.heldout, raw.base_text, raw.pool) for pair in part] == order


def test_sets_are_whole_in_file_order_or_a_sample_of_rows(corpora):
    raw = draw_parts(pool(corpora, valid=[corpora["valid"] | {"rows": 3}], num_valid=None), "some")
    assert [pair.trg for pair in raw.test] == [f"test sentence {n}" for n in range(1, 9)]
    chosen = sorted(shuffled((f"valid-{n:09d}" for n in range(1, 9)), 1)[:3])
    assert [pair.id for pair in raw.valid] == chosen
    assert len(raw.pool) == 40


def test_a_set_that_lost_a_row_is_reported(corpora, tmp_path, caplog):
    draw_parts(pool(corpora), "some")
    assert "the whole set" not in caplog.text
    with (tmp_path / "test.jsonl").open("a") as stream:
        stream.write("\n[]\n")
    raw = draw_parts(pool(corpora), "some")
    assert len(raw.test) == 8
    assert "test: scores on what is left are not those of the whole set" in caplog.text


def test_provenance_says_what_was_read_rejected_and_taken(corpora, tmp_path):
    raw = draw_parts(pool(corpora), "some")
    news, speech, test = (raw.provenance["sources"][name] for name in ("news", "speech", "test"))
    path = tmp_path / "news.tsv.gz"
    assert news == {
        "kind": "files",
        "files": [{"name": "news.tsv.gz", "sha256": digest(path), "bytes": path.stat().st_size}],
        "rows": {"seen": 60, "good": 59, "rejected": {"wrong number of columns": 1}},
        "rejects": {"wrong number of columns": [{"id": "news-000000010", "text": "nur eine Spalte"}]},
        "taken": {"valid": 3, "heldout": 4, "base_text": 2, "pool": 20},
    }
    assert [file["name"] for file in speech["files"]] == ["speech.de", "speech.en"]
    assert test["rows"]["good"] == 8
    assert "taken" not in test  # whole
    tests = [corpora["test"] | {"rows": 5}]
    assert draw_parts(pool(corpora, tests=tests), "some").provenance["sources"]["test"]["taken"] == {"test": 5}
    json.dumps(raw.provenance)


def test_too_few_good_rows_tell_how_many_why_and_what_to_lower(corpora):
    with pytest.raises(ValueError, match=r"'test' has 8 good rows .* but 9 are wanted; lower its `rows`, or leave"):
        draw_parts(pool(corpora, tests=[corpora["test"] | {"rows": 9}]), "some")
    why = r"'news' has 59 good rows of 60 \(rejected: 1 wrong number of columns\), but 60 are wanted; "
    with pytest.raises(ValueError, match=why + "lower its weight, or pool.num_pool, "):
        draw_parts(pool(corpora, sources=["news"], num_pool=42), "some")
    corpora["news"] = corpora["news"] | {"weight": None, "rows": 60}
    with pytest.raises(ValueError, match=why + "lower its `rows`, or pool.num_pool"):
        draw_parts(pool(corpora, num_pool=60), "some")


def test_a_source_without_a_good_row_shows_why(corpora, tmp_path):
    (tmp_path / "test.jsonl").write_text('{"src": "Ja", "trg": "Yes"}\n[]\n')
    with pytest.raises(ValueError, match=r"(?s)'test': none of its 2 rows is good: .*test-000000001: {\"src\""):
        draw_parts(pool(corpora), "some")
    (tmp_path / "test.jsonl").write_text("")
    with pytest.raises(ValueError, match=r"'test': none of its 0 rows is good"):
        draw_parts(pool(corpora), "some")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"path": "gone.tsv"},
            "'speech': there is no file gone.tsv; paths are relative to the repository root",
        ),
        ({"sha256": ["0" * 64, "1" * 64]}, "speech.de has sha256 [0-9a-f]{64}, but the profile says 0000"),
        ({"columns": [1, 2]}, "'speech' .*: has no columns to choose"),
        ({"member": "x"}, "speech.de: is no archive"),
    ],
)
def test_every_source_is_looked_at_before_any_is_read(corpora, change, message, caplog):
    corpora["speech"] |= change
    with pytest.raises(ValueError, match=message), caplog.at_level("INFO"):
        draw_parts(pool(corpora), "some")
    assert "rows" not in caplog.text


def test_without_noise_nothing_is_copied(corpora, params):
    raw = draw_parts(pool(corpora), "some")
    noisy, kinds = plant(raw.pool, params.noise.model_copy(update={"rate": 0.0}))
    assert all(one is other for one, other in zip(noisy, raw.pool, strict=True))
    assert set(kinds.values()) == {"clean"}
