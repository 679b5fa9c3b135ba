from dataclasses import replace
from pathlib import Path

import pytest

from gdig.io.records import Pair
from gdig.io.text import keys_of
from gdig.seeds.import_ import import_files
from gdig.seeds.rows import Returned, Row
from tests.seeds.conftest import small_task

TASK = small_task()
IDS = [pair.id for pair in TASK.drafts]


@pytest.fixture
def file(tmp_path):
    def make(edits=None, *, name="seeds.tsv", ids=IDS, statuses=None, **fields):
        (tmp_path / name).write_text("returned")
        rows = [
            Row(f"row {n}", i, pair.src, (edits or {}).get(i, pair.trg), (statuses or {}).get(i, ""))
            for n, (i, pair) in enumerate(((pair.id, pair) for pair in TASK.drafts if pair.id in ids), start=2)
        ]
        return Returned(tmp_path / name, rows, **fields)

    return make


def report(*files, partial=False, task=TASK, unreadable=()):
    return import_files(files, unreadable, task, partial=partial)


def problems(*files, **options):
    return [problem.partition("seeds.tsv: ")[2] or problem for problem in report(*files, **options).problems]


EDITS = {"s-0": "an English sentence on a tree", "s-3": "the sentence on a stone"}


def test_rows_in_the_order_of_the_drafts_with_status_and_distance(file):
    found = report(replace(file(EDITS, statuses={"s-1": "rejected"}, reviser="A"), rows=file(EDITS).rows[::-1]))
    assert [row.id for row in found.rows] == IDS
    found = report(file(EDITS, statuses={"s-1": "rejected"}, reviser="A"))
    assert found.problems == []
    assert [row.status for row in found.rows[:4]] == ["edited", "rejected", "unchanged", "edited"]
    assert found.rows[0].trg == EDITS["s-0"]
    assert 0 < found.rows[0].edit_distance < 1
    assert found.rows[1].trg == TASK.drafts[1].trg
    assert [row.reserve for row in found.rows] == [False] * 10 + [True] * 2
    assert {row.reviser for row in found.rows} == {"A"}


def test_statistics(file):
    found = report(file(EDITS, statuses={"s-1": "rejected"}, reviser="A", date="2025-03-01")).statistics
    assert {key: found[key] for key in ("drafts", "edited", "unchanged", "rejected", "missing", "refilled")} == {
        "drafts": 12, "edited": 2, "unchanged": 9, "rejected": 1, "missing": 0, "refilled": 1
    }  # fmt: skip
    assert found["edited_share"] == round(2 / 11, 4)
    assert 0 < found["edit_distance"]["median"] < 1
    assert found["agreement"] is None
    (of_file,) = found["files"]
    assert len(of_file.pop("sha256")) == 64
    assert of_file == {
        "name": "seeds.tsv",
        "reviser": "A",
        "date": "2025-03-01",
        "rows": 12,
        "edited": 2,
        "rejected": 1,
    }


@pytest.mark.parametrize("languages", [("de", "en"), ("de-DE", "en_GB"), ("deu", "eng"), ("DEU-AT", "EN")])
def test_a_file_may_name_its_languages_by_any_code(file, languages):
    assert problems(replace(file({}), languages=languages)) == []


def test_every_problem_is_in_the_report(file):
    good = file({"s-2": "", "s-4": TASK.drafts[5].trg})
    rows = [*good.rows[:8], replace(good.rows[0], place="row 20"), Row("row 21", "s-99", "a", "b")]
    assert problems(replace(good, rows=rows, languages=("fr-FR", "en"))) == [
        "it is for fr-FR-en, but params.languages is de-en",
        "row 4 (s-2): the target is empty; translate the source, or write rejected as the status",
        "row 20 (s-0): the id is already on row 2; remove one of the rows",
        "row 21 (s-99): no draft has this id; put it back as it was sent",
        "4 of 12 drafts are in no file: s-8, s-9, s-10, s-11; add those rows, or treat missing ones as rejected with "
        "--partial",
        "row 7 (s-5): s-4 has the same target; one of them must be wrong",
    ]


def test_regions_of_languages_and_rows_at_fault_are_not_missing(file):
    good = file(languages=("de-DE", "EN_us"))
    assert problems(good) == []
    rows = [replace(good.rows[0], fault="broken"), *good.rows[1:]]
    assert problems(replace(good, rows=rows)) == ["row 2 (s-0): broken"]


def test_a_file_that_cannot_be_read_does_not_make_its_rows_missing(file):
    assert problems(file(ids=IDS[:3]), unreadable=["b.tsv: not UTF-8"]) == ["b.tsv: not UTF-8"]


def test_equal_targets_that_were_drafted_so_may_stay(file):
    same = [replace(pair, trg="the same") if n < 2 else pair for n, pair in enumerate(TASK.drafts)]
    task = replace(TASK, drafts=same)
    returned = replace(file(), rows=[replace(row, target=same[n].trg) for n, row in enumerate(file().rows)])
    assert report(returned, task=task).problems == []
    rows = [*returned.rows[:2], replace(returned.rows[2], target="the  same"), *returned.rows[3:]]
    assert problems(replace(returned, rows=rows), task=task) == [
        "row 4 (s-2): s-0 has the same target; one of them must be wrong"
    ]


def test_missing_rows_are_replaced_by_revised_ones_only_if_asked(file):
    returned = file(EDITS, ids=[i for i in IDS if i != "s-2"])
    assert problems(returned)[0].startswith("1 of 12 drafts are in no file: s-2;")
    found = report(returned, partial=True)
    assert found.problems == []
    assert (found.rows[2].status, found.rows[2].accepted) == ("missing", False)
    assert found.statistics["refilled"] == 1


def test_too_few_rows_are_refused_with_the_numbers_and_two_ways_out(file):
    rejected = dict.fromkeys(["s-0", "s-1", "s-10"], "rejected")
    assert problems(file(statuses=rejected)) == [
        "9 of 12 rows can be seeds (3 rejected, 0 missing), but seeds.count = 10; have 1 more of them revised, or set "
        "seeds.count: 9 and seeds.reserve: 3 and import the same files again"
    ]
    assert problems(file(statuses=rejected), task=replace(TASK, count=9)) == []
    assert problems(file(statuses=dict.fromkeys(IDS, "rejected")))[0].endswith("have 10 more of them revised")


def test_a_target_of_a_test_set_is_refused(file):
    task = replace(TASK, forbidden=keys_of([Pair("t", "x", "Leaked, indeed")]))
    assert (
        "row 3 (s-1): the target occurs in a validation or test set"
        in problems(file({"s-1": "leaked indeed"}), task=task)[0]
    )


def test_the_first_of_two_files_counts_and_agreement_is_reported(file):
    first = file({"s-0": "an English sentence", "s-1": "one about a house"}, ids=IDS[:7], reviser="A")
    second = file({"s-0": "an English sentence", "s-1": "another about a house"}, name="b.tsv", ids=IDS[:2] + IDS[7:],
                  statuses={"s-9": "rejected"}, reviser="B")  # fmt: skip
    found = report(first, second)
    assert found.problems == []
    assert [row.reviser for row in found.rows] == ["A"] * 7 + ["B"] * 5
    assert found.rows[1].trg == "one about a house"
    assert report(second, first).rows[1].trg == "another about a house"
    agreement = found.statistics["agreement"]
    assert (agreement["rows"], agreement["equal_share"]) == (2, 0.5)
    assert 0.5 < agreement["mean_similarity"] < 1
    rejecting = replace(second, rows=[replace(row, status="rejected") for row in second.rows])
    assert report(first, rejecting, partial=True).statistics["agreement"] == {
        "rows": 2, "equal_share": 0.0, "mean_similarity": 0.0
    }  # fmt: skip
    third = replace(second, path=first.path)
    agreement = report(first, second, third).statistics["agreement"]
    assert (agreement["rows"], agreement["equal_share"]) == (7, round((1 + 1 + 7) / (2 + 2 + 7), 4))


def test_warnings(file):
    found = report(file(drafts="0" * 64, warnings=("of the reader",))).warnings
    texts = " ".join(found)
    assert "of the reader" in texts
    assert "it was made from other drafts than the current ones" in texts
    assert "12 of 12 targets are unchanged drafts: was this file revised?" in found
    found = report(file(EDITS, statuses={"s-1": "rejected"})).warnings
    assert "unchanged rows of the reserve become seeds: s-10; was the reserve revised too?" in found
    assert not any("was this file revised" in warning for warning in found)
    assert not any("s-1)" in warning for warning in report(file({"s-1": "?"}, statuses={"s-1": "rejected"})).warnings)


def test_normal_forms_do_not_count_as_edits():
    task = replace(TASK, drafts=[Pair("s-0", "Cafe\u0301", "a cafe\u0301\r\n")], count=1)
    back = Returned(Path(__file__), [Row("row 2", "s-0", "Café", "a café\n")])
    row = report(back, task=task).rows[0]
    assert (row.status, row.trg) == ("unchanged", "a cafe\u0301\r\n")
