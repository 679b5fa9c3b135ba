"""The command line and stage `seeds` in a small repository with real Git and DVC."""

import json
import os
import shutil
import subprocess
import sys

import pytest
from openpyxl import load_workbook
from ruamel.yaml import YAML

from gdig.io.files import digest
from gdig.io.records import Pair, read_pairs, write_pairs
from tests.conftest import ROOT, default_values, write_params

HELDOUT = [Pair(f"h-{n:02d}", f"Der deutsche Satz Nummer {n}", f"the english sentence no. {n}") for n in range(24)]
TEST = [Pair("t-0", "Der deutsche Satz, Nummer 7!", "test")]


class Site:
    def __init__(self, folder):
        self.folder = folder

    def run(self, *command, ok=True):
        done = subprocess.run(
            command, cwd=self.folder, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
            env=os.environ | {"PATH": f"{os.path.dirname(sys.executable)}:{os.environ['PATH']}"},  # noqa: PTH120
        )  # fmt: skip
        assert (done.returncode == 0) == ok, done.stdout
        return done.stdout

    def seeds(self, *arguments, ok=True):
        return self.run(sys.executable, "-m", "gdig.seeds", *arguments, ok=ok)

    def change(self, **seeds):
        yaml = YAML()
        document = yaml.load((self.folder / "params.yaml").read_text("utf-8"))
        document["seeds"].update(seeds)
        with (self.folder / "params.yaml").open("w", encoding="utf-8") as stream:
            yaml.dump(document, stream)

    def stage(self, ok=True, **seeds):
        self.change(**seeds)
        return self.run(sys.executable, "-m", "stages", "seeds", ok=ok)

    def repro(self):
        return self.run("dvc", "repro", "seeds@embedded")

    def revised(self):
        return read_pairs(self.folder / "data" / "embedded" / "seeds" / "revised.jsonl")

    def edit(self, name, edits):
        """Edit cells of a workbook, by id and column letter."""
        book = load_workbook(self.folder / name)
        sheet = book["seeds"]
        rows = {row[0].value: row[0].row for row in sheet.iter_rows(min_row=2)}
        for (i, column), text in edits.items():
            sheet[f"{column}{rows[i]}"] = text
        book.save(self.folder / name)


def make_site(folder):
    for name in ("gdig", "stages", "data/revisions"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in (".gitignore", ".dvcignore"):
        shutil.copy(ROOT / name, folder)
    yaml = YAML()
    params = default_values()
    params["seeds"].update(count=12, reserve=4)
    stages = yaml.load((ROOT / "dvc.yaml").read_text("utf-8"))
    write_params(folder, params)
    with (folder / "dvc.yaml").open("w", encoding="utf-8") as stream:
        yaml.dump({"stages": {"seeds": stages["stages"]["seeds"]}}, stream)
    raw = folder / "data" / "embedded" / "raw"
    for name, pairs in (("heldout", HELDOUT), ("test", TEST), ("valid", [Pair("v-0", "x", "y")])):
        write_pairs(raw / f"{name}.jsonl", pairs)
    write_pairs(folder / "data" / "embedded" / "originals.jsonl", [Pair(p.id, p.src, p.trg.upper()) for p in HELDOUT])
    site = Site(folder)
    site.run("git", "init", "--quiet")
    site.run("dvc", "init", "--quiet")
    return site


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    return make_site(tmp_path_factory.mktemp("site"))


@pytest.fixture(scope="module")
def drafts(site):
    assert "written; of 24 held-out pairs 23 can be seeds" in site.seeds("draft")
    assert "as before" in site.seeds("draft")
    return read_pairs(site.folder / "data" / "embedded" / "seeds" / "drafts.jsonl")


def test_drafts_are_those_of_the_stage_and_leave_out_the_test_set(site, drafts):
    path = site.folder / "data" / "embedded" / "seeds" / "drafts.jsonl"
    before = path.read_bytes()
    site.stage(revision="oracle")
    assert path.read_bytes() == before
    assert len(drafts) == 16
    assert "h-07" not in {pair.id for pair in drafts}
    assert site.revised() == [Pair(pair.id, pair.src, pair.trg.upper()) for pair in drafts[:12]]
    site.stage(revision="none")
    assert site.revised() == drafts[:12]


SAID = ("--name", "spring", "--reviser", "A. Reviser", "--date", "2025-03-01")


@pytest.fixture(scope="module")
def imported(site, drafts):
    """What import said of a workbook in which all targets are mended and the third row is rejected."""
    site.seeds("export", "--out", "seeds.xlsx")
    mended = {(pair.id, "C"): pair.trg.replace("the english", "An English") for pair in drafts}
    site.edit("seeds.xlsx", mended | {(drafts[2].id, "E"): "rejected", (drafts[2].id, "F"): "no sentence"})
    output = site.seeds("import", "seeds.xlsx", *SAID, "--check")
    assert "no problems; nothing was written (--check)" in output
    assert not (site.folder / "data" / "revisions" / "spring").exists()
    return site.seeds("import", "seeds.xlsx", *SAID)


def test_an_import_is_recorded_and_tracked_and_the_same_again_gives_the_same_bytes(site, imported):
    assert "1 rejected, 0 missing, 1 seeds from the reserve" in imported
    assert "set seeds.revision: spring" in imported
    assert "dvc repro" in imported
    folder = site.folder / "data" / "revisions" / "spring"
    (file,) = json.loads((folder / "record.json").read_text("utf-8"))["statistics"]["files"]
    assert (file["sha256"], file["reviser"]) == (digest(site.folder / "seeds.xlsx"), "A. Reviser")
    site.run("git", "check-ignore", "data/revisions/spring")
    site.run("git", "check-ignore", "data/revisions/spring.dvc", ok=False)
    before = digest(folder), (folder.parent / "spring.dvc").read_bytes()
    assert "the same bytes as before" in site.seeds("import", "seeds.xlsx", *SAID)
    assert (digest(folder), (folder.parent / "spring.dvc").read_bytes()) == before


def test_dvc_sees_a_revision_without_being_given_its_file(site, imported):
    folder = site.folder / "data" / "revisions" / "spring"
    before = digest(folder)
    shutil.rmtree(folder)
    assert "not here: dvc pull" in site.seeds("status")
    try:
        site.run("dvc", "checkout", "data/revisions/spring")
    finally:
        site.run("dvc", "checkout", "data/revisions/spring.dvc")
    assert digest(folder) == before


def test_a_file_that_may_have_been_revised_is_not_written_over(site, imported):
    assert "exists and may have been revised" in site.seeds("export", "--out", "seeds.xlsx", ok=False)


def test_the_stage_takes_the_revision_for_its_count_of_seeds_and_fewer(site, drafts, imported):
    site.change(revision="spring")
    site.repro()
    expected = [pair for n, pair in enumerate(drafts[:13]) if n != 2]
    assert site.revised() == [Pair(p.id, p.src, p.trg.replace("the english", "An English")) for p in expected]
    assert "didn't change" in site.repro()

    output = site.stage(count=5, reserve=1)
    assert "seeds: passed over in the revision: {'rejected': 1}" in output
    assert [pair.id for pair in site.revised()] == [pair.id for pair in expected[:5]]
    output = site.stage(count=17, reserve=1, ok=False)
    assert "the revision has 15 rows that can be seeds (passed over: 1 rejected), but seeds.count = 17" in output
    site.stage(count=12, reserve=4)
    assert "spring" in site.seeds("status")
    assert "fits" in site.seeds("status")


def test_a_bad_file_is_reported_whole_and_changes_nothing(site, drafts):
    site.seeds("export", "--out", "bad.tsv")
    path = site.folder / "bad.tsv"
    lines = path.read_text("utf-8").splitlines()
    lines[3] = lines[3].replace(drafts[2].src, "Ein anderer Satz")
    lines[5] = f"{drafts[4].id}\t{drafts[4].src}\t\t\t\t\t"
    path.write_text("\n".join([*lines[:10], *lines[11:]]) + "\n", "utf-8")
    before = digest(site.folder / "data")
    output = site.seeds("import", "bad.tsv", "--name", "bad", ok=False)
    assert "3 problems; nothing was imported" in output
    assert f"bad.tsv: row 4 ({drafts[2].id}): the source was changed: [-Der deutsche-]" in output
    assert f"bad.tsv: row 6 ({drafts[4].id}): the target is empty" in output
    assert f"1 of 16 drafts are in no file: {drafts[9].id};" in output
    assert "Traceback" not in output
    assert digest(site.folder / "data") == before


def test_a_revision_is_named_after_its_file_unless_given_a_name(site, drafts):
    site.seeds("export", "--format", "tsv", "--out", "summer.tsv")
    assert "data/revisions/summer: written" in site.seeds("import", "summer.tsv")
    (site.folder / "summer.tsv").rename(site.folder / "Summer (2).tsv")
    assert "no problems; nothing was written" in site.seeds("import", "Summer (2).tsv", "--check")
    assert "--name 'Summer (2)': write small letters" in site.seeds("import", "Summer (2).tsv", ok=False)


def test_several_revisers(site, drafts):
    output = site.seeds("export", "--out", "two.xlf", "--revisers", "2", "--overlap", "4")
    assert "two-1.xlf: 8 seeds and 2 in reserve" in output
    output = site.seeds("import", "two-1.xlf", "two-2.xlf", "--reviser", "A", "--reviser", "B", "--check")
    assert "4 rows in several files: 100% equal, similarity 1.00 on average" in output
    assert "16 of 16 targets are unchanged drafts: was this file revised?" in output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("import", "no.xlsx", "--name", "a"), "No such file or directory: 'no.xlsx'"),
        (("import", "a.ods", "--name", "a"), "a.ods: unknown suffix; save the file as one of .xlsx"),
        (("import", "a.tsv", "--name", "oracle"), "--name 'oracle' means something else"),
        (
            ("import", "a.tsv", "b.tsv", "c.tsv", "--name", "a", *("--reviser", "x") * 2),
            "2 times for 3 files",
        ),
        (("import", "a.tsv", "--name", "a", "--date", "March"), "'March' is no date YYYY-MM-DD"),
        (("export", "--out", "a.tsv", "--format", "xlsx"), "a file of --format xlsx must end with .xlsx"),
        (("export", "--out", "a.tsv", "--revisers", "13"), "--revisers 13"),
    ],
)
def test_mistakes_end_in_one_line(site, arguments, message):
    output = site.seeds(*arguments, ok=False)
    assert message in output
    assert "Traceback" not in output
    assert not (site.folder / "a.tsv").exists()


def test_help_shows_the_way(site):
    output = site.seeds("--help")
    assert "python -m gdig.seeds import seeds.xlsx --name spring" in output
    assert "--partial" in site.seeds("import", "--help")


def test_a_revision_that_is_not_there_and_raw_pairs_that_are_not_there(site, drafts):
    params = site.folder / "params.yaml"
    before = params.read_bytes()
    output = site.stage(revision="winter", ok=False)
    assert "error: seeds.revision = 'winter': there is no data/revisions/winter/seeds.jsonl; import it with" in output
    params.write_bytes(before)
    heldout = site.folder / "data" / "embedded" / "raw" / "heldout.jsonl"
    heldout.rename(heldout.with_suffix(".away"))
    try:
        assert "make it with `dvc repro pool@embedded`" in site.seeds("draft", ok=False)
    finally:
        heldout.with_suffix(".away").rename(heldout)
