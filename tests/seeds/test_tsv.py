import pytest

from gdig.io.records import Pair
from gdig.seeds.rows import COLUMNS, Handout
from gdig.seeds.tsv import read_tsv, write_tsv
from tests.seeds.conftest import handout_of, small_task

TASK = small_task()
DRAFTS = {pair.id: pair for pair in TASK.drafts}


def read(tmp_path, text):
    (tmp_path / "seeds.tsv").write_text(text, "utf-8", newline="")
    return read_tsv(tmp_path / "seeds.tsv", DRAFTS)


def test_what_is_written(tmp_path):
    write_tsv(tmp_path / "seeds.tsv", handout_of(TASK))
    lines = (tmp_path / "seeds.tsv").read_text("utf-8").split("\n")
    assert lines[0] == "\t".join(COLUMNS)
    draft = TASK.drafts[0]
    assert lines[1].split("\t") == [draft.id, draft.src, draft.trg, draft.trg, "", "", "seed"]
    assert [line.rpartition("\t")[2] for line in lines[10:13]] == ["seed", "reserve", "reserve"]
    assert len(lines) == 14


def test_columns_in_any_order_and_left_out_ones_and_blank_lines(tmp_path):
    back = read(tmp_path, "Target\tid \tSOURCE\tnotes\nt\ts-0\ts\tmine\n\n\t\t\t\n")
    assert [(row.place, row.id, row.source, row.target, row.status) for row in back.rows] == [
        ("row 2", "s-0", "s", "t", "")
    ]
    assert back.warnings == ("unknown columns are ignored: notes",)


def test_trailing_empty_cells_may_be_gone(tmp_path):
    assert read(tmp_path, "\t".join(COLUMNS) + "\ns-0\tsource\ttarget\n").rows[0].fault == ""


@pytest.mark.parametrize("row", ["s-0\tsource", "s-0\ta\tb\tc\td\te\tf\tg"])
def test_rows_with_too_few_or_too_many_cells_are_at_fault(tmp_path, row):
    found = read(tmp_path, "\t".join(COLUMNS) + f"\n{row}\n").rows[0]
    assert found.id == "s-0"
    assert "columns instead of 7" in found.fault


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("a\tb\n", "no column 'id', 'source', 'target' (found: 'a', 'b')"),
        ("", "(found: nothing)"),
        ("id\tsource\ttarget\tTarget\n", "the header has two columns 'target'"),
        ("id source target\n", "(found: 'id source target')"),
    ],
)
def test_wrong_headers(tmp_path, header, message):
    with pytest.raises(ValueError, match="the header has") as error:
        read(tmp_path, header)
    assert message in str(error.value)


def test_quotation_marks_are_text_where_the_sources_say_so(tmp_path):
    drafts = {pair.id: pair for pair in (Pair("s-0", '"Ja" und "nein"', "x"), Pair("s-1", "Satz", "x"))}
    (tmp_path / "a.tsv").write_text('id\tsource\ttarget\ns-0\t"Ja" und "nein"\t"Yes"\ns-1\tSatz\tx\n')
    assert read_tsv(tmp_path / "a.tsv", drafts).rows[0].target == '"Yes"'
    (tmp_path / "b.tsv").write_text('id\tsource\ttarget\ns-0\t"""Ja"" und ""nein"""\t"""Yes"""\ns-1\t"Satz"\tx\n')
    assert read_tsv(tmp_path / "b.tsv", drafts).rows[0].target == '"Yes"'


def test_quotation_marks_of_targets_alone_stay(tmp_path):
    """„...“ in the source and "..." in the target is how German and English are written."""
    pair = Pair("s-0", "„Hallo“, sagte er.", '"Hello", he said.')
    write_tsv(tmp_path / "a.tsv", Handout([pair], [], "de", "en", "digest"))
    assert read_tsv(tmp_path / "a.tsv", {"s-0": pair}).rows[0].target == pair.trg
    cells = ("id", "source", "target", "original target"), ("s-0", pair.src, "new", '"""Hello"", he said."')
    (tmp_path / "b.tsv").write_text("".join("\t".join(row) + "\n" for row in cells), "utf-8")
    assert read_tsv(tmp_path / "b.tsv", {"s-0": pair}).rows[0].target == "new"
