"""Own seeds: stages `seeds` and `prepare` on files of trusted pairs, and their way to a reviser and back."""

from pathlib import Path

import pytest
from dvc.repo import Repo
from rich.console import Console

from gdig.config import parse_params
from gdig.io.files import digest, read_json
from gdig.io.order import shuffled
from gdig.io.records import Pair, read_pairs, write_pairs
from gdig.run.paths import Paths
from gdig.seeds import commands
from stages import prepare, seeds
from tests.conftest import ROOT, default_values

ROWS = [(f"Der Satz Nummer {n} ist gut.", f"Sentence number {n} is good.") for n in range(20)]
TEST = [Pair("test-1", "der satz nummer 3 ist gut", "Another translation."), Pair("test-2", "Ein Test.", "A test.")]
VALID = [Pair("dev-1", "Geprüft.", "sentence number 5 is good")]
POOL = [
    Pair("web-1", *ROWS[7]), Pair("web-2", "Nur im Netz.", "Only there."), Pair("web-3", ROWS[8][0], "Misaligned."),
    Pair("web-4", "Ein Test.", "A test."),
]  # fmt: skip


@pytest.fixture
def site(tmp_path, monkeypatch):
    """The raw parts of a profile without held-out pairs, beside a table of trusted pairs."""
    monkeypatch.chdir(tmp_path)
    paths = Paths(profile="toy")
    raw = {paths.raw_pool: POOL, paths.raw_heldout: [], paths.raw_valid: VALID, paths.raw_test: TEST}
    for path, pairs in (raw | {paths.originals: [], paths.raw_base_text: []}).items():
        write_pairs(path, pairs)
    Path("trusted.tsv").write_text("de\ten\n" + "".join(f"{src}\t{trg}\n" for src, trg in ROWS), "utf-8")
    return paths


def settings(*, count, sources=None, **more):
    values = default_values()
    values["profile"] = "toy"
    values["pool"] |= {"num_heldout": 0}
    table = {"name": "trusted", "kind": "files", "path": "trusted.tsv", "columns": ["de", "en"]}
    values["seeds"] |= {"sources": sources or [table], "count": count, "revision": "none"} | more
    return parse_params(values, "toy")


def ids(path):
    return [pair.id for pair in read_pairs(path)]


def test_all_are_taken_or_a_seeded_sample_that_grows(site):
    rows = {f"trusted-{n:09d}": row for n, row in enumerate(ROWS, start=1)}
    order = shuffled(rows, 17)
    seeds.main(settings(count=20), site)
    assert ids(site.seed_revisions) == order
    assert {pair.id: (pair.src, pair.trg) for pair in read_pairs(site.seed_revisions)} == rows
    assert site.seed_spares.read_bytes() == b""
    seeds.main(settings(count=5, reserve=0), site)
    assert ids(site.seed_revisions) == order[:5]
    assert ids(site.seed_spares) == order[5:]
    seeds.main(settings(count=5, seed=18), site)
    assert ids(site.seed_revisions) == shuffled(rows, 18)[:5]


def test_where_they_came_from_is_kept(site):
    with Path("trusted.tsv").open("a", encoding="utf-8") as stream:
        stream.write("nur eine Spalte\n")
    Path("more.de").write_text("Noch einer.\nUnd einer.\n", "utf-8")
    Path("more.en").write_text("One more.\nAnd one.\n", "utf-8")
    (table,) = settings(count=1).seeds.sources
    more = {"name": "more", "kind": "files", "path": ["more.de", "more.en"], "rows": 1}
    seeds.main(settings(count=21, sources=[table.model_dump(exclude_none=True), more]), site)
    found = read_json(site.seed_provenance)["sources"]
    assert found["trusted"]["files"][0]["sha256"] == digest(Path("trusted.tsv"))
    assert found["trusted"]["rows"] == {"seen": 21, "good": 20, "rejected": {"wrong number of columns": 1}}
    assert found["trusted"]["rejects"]["wrong number of columns"][0]["id"] == "trusted-000000021"
    assert found["more"]["taken"] == {"seeds": 1}


def test_fewer_rows_than_seeds_name_file_rows_and_key(site):
    with Path("trusted.tsv").open("a", encoding="utf-8") as stream:
        stream.write("nur eine Spalte\n")
    why = r"seeds.sources: 'trusted' \(trusted.tsv\) has 20 good rows of 21, but seeds.count = 24; lower it to 20, or"
    with pytest.raises(ValueError, match=why):
        seeds.main(settings(count=24), site)
    assert not site.seed_revisions.exists()


def test_what_stands_in_test_or_valid_is_replaced_and_what_stands_in_seeds_leaves_the_pool(site, caplog):
    """Row 4 is in the test set and row 6 in the validation set; the pool has sides of two rows, and a test pair."""
    params = settings(count=18)
    seeds.main(params, site)
    with caplog.at_level("INFO"):
        prepare.main(params, site)
    bad = {
        "trusted-000000004": {"part": "test", "id": "test-1"},
        "trusted-000000006": {"part": "valid", "id": "dev-1"},
    }
    assert ids(site.seeds) == [i for i in shuffled((f"trusted-{n:09d}" for n in range(1, 21)), 17) if i not in bad]
    rejects = read_json(site.rejects)
    trusted, web = rejects["seeds"]["trusted"], rejects["pool"]["web"]
    assert (trusted["seen"], trusted["kept"], trusted["rejected"]) == (20, 18, {"contaminated": 2})
    assert {row["id"]: row["matches"] for row in trusted["samples"]["contaminated"]} == bad
    assert web["matched"] == {"contaminated": {"seeds": 2, "test": 1}}
    assert ids(site.pool) == ["web-2"]
    assert "pool: contaminated by what stands in {'seeds': 2, 'test': 1}" in caplog.text


def test_too_few_that_are_kept_name_the_rows_and_the_key(site):
    params = settings(count=19)
    seeds.main(params, site)
    why = (
        r"only 18 of seeds.count = 19 pass params.prepare, the reserve included \(18 of 20 rows of trusted\); "
        r"rejected: .*trusted-000000004 \(contaminated by test test-1\).* add rows to seeds.sources .* seeds.count: 18"
    )
    with pytest.raises(ValueError, match=why):
        prepare.main(params, site)
    assert not site.pool.exists()


def test_many_lost_seeds_are_named_in_part(site):
    Path("trusted.tsv").write_text("de\ten\n" + "Immer dies.\tAlways this.\n" * 60, "utf-8")
    params = settings(count=60)
    seeds.main(params, site)
    with pytest.raises(ValueError, match=r"\(duplicate\) and 27 more\. Loosen those rules"):
        prepare.main(params, site)


def test_held_out_pairs_beside_them_are_reported(site, caplog):
    write_pairs(site.raw_heldout, [Pair("web-9", "Frei.", "Free.")])
    seeds.main(settings(count=4), site)
    assert "held-out pairs are unused beside own seeds; set pool.num_heldout: 0" in caplog.text


def test_they_are_revised_like_drafts(site, tmp_path, capsys):
    """Rows 4 and 6, which are in test or valid, are no drafts; a reserve that the file has not is no error."""
    Repo.init(no_scm=True)
    console = Console(soft_wrap=True)
    inputs = commands.Inputs.of(settings(count=16, reserve=9))
    assert commands.draft(inputs, console)
    assert "16 seeds and 2 in reserve, written; of 20 rows of seeds.sources 18 can be seeds" in capsys.readouterr().out
    drafts = read_pairs(site.seed_drafts)
    seeds.main(settings(count=16, reserve=9), site)
    assert read_pairs(site.seed_drafts) == drafts
    options = {"format": None, "xliff_version": "1.2", "revisers": 1, "overlap": 0, "force": False}
    commands.export(inputs, console, out=Path("sheet.tsv"), **options)
    sheet = Path("sheet.tsv").read_text("utf-8")
    Path("sheet.tsv").write_text(sheet.replace(" is good.", " is very good."), "utf-8")
    assert commands.import_returned(
        inputs, console, files=[Path("sheet.tsv")], name="spring", reviser=["A"], date=[], encoding=None, partial=False,
        check=False, force=False,
    )  # fmt: skip
    assert "set seeds.revision: spring" in capsys.readouterr().out
    params = settings(count=16, reserve=9, revision="spring")
    seeds.main(params, Paths(profile="toy", revision="spring"))
    assert ids(site.seed_revisions) == [pair.id for pair in drafts[:16]]
    assert all(pair.trg.endswith(" is very good.") for pair in read_pairs(site.seed_revisions))
    with pytest.raises(ValueError, match=r"18 of 20 rows of seeds.sources can be seeds \(left out: 2 in a .*lower it"):
        commands.Inputs.of(settings(count=19)).task()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"revision": "oracle"}, "seeds: revision 'oracle' takes held-out pairs as they were before noise"),
        ({"sources": [{"name": "g", "kind": "embedded"}]}, "own seeds cannot be of kind 'embedded'"),
        ({"sources": [{"name": "a", "kind": "files", "path": "a.tsv", "weight": 1.0}]}, "it cannot have a weight"),
        ({"sources": [{"name": "mixture", "kind": "files", "path": "a.tsv"}]}, "two sources are named 'mixture'"),
        ({"sources": [{"name": "a", "kind": "files", "path": "a.tsv"}] * 2}, "two sources are named 'a'"),
    ],
)
def test_params_that_do_not_agree(change, message):
    with pytest.raises(ValueError, match=message):
        settings(count=4, **change)


def test_without_them_held_out_pairs_are_needed():
    values = default_values()
    values["pool"]["num_heldout"] = 0
    with pytest.raises(ValueError, match=r"seeds.count \+ seeds.reserve = 256 \+ 32 is more than pool.num_heldout = 0"):
        parse_params(values, str(ROOT / "params.yaml"))
