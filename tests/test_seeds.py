import pytest

from gdig.records import Pair
from gdig.seeds.draft import draw, write_tsv
from gdig.seeds.revision import import_tsv

HELDOUT = [Pair(f"h{n}", f"Satz {n}", f"sentence {n}") for n in range(20)]
DRAFTS = HELDOUT[:3]
HEADER = "id\tsource\ttarget\n"


def test_draw_is_seeded_and_ignores_the_order():
    assert draw(HELDOUT, 5, 1) == draw(HELDOUT[::-1], 5, 1)
    assert draw(HELDOUT, 5, 1) != draw(HELDOUT, 5, 2)


def test_round_trip_with_edits_bom_and_carriage_returns(tmp_path):
    path = tmp_path / "seeds.tsv"
    write_tsv(path, DRAFTS)
    assert import_tsv(path, DRAFTS) == DRAFTS
    edited = path.read_text("utf-8").replace("sentence 1", "Sentence one")
    path.write_bytes(("\ufeff" + edited.replace("\n", "\r\n")).encode())
    assert [pair.trg for pair in import_tsv(path, DRAFTS)] == ["sentence 0", "Sentence one", "sentence 2"]


@pytest.mark.parametrize(
    ("rows", "problem"),
    [
        ("h0\tSatz 0\tx\nh1\tSatz 1\ty\n", "missing: h2"),
        ("h0\tSatz 0\tx\nh0\tSatz 0\tz\nh1\tSatz 1\ty\nh2\tSatz 2\tz\n", "row 2 (h0): repeated id"),
        ("h9\tSatz 9\tx\n", "row 1 (h9): unknown id"),
        ("h0\tSatz null\tx\n", "row 1 (h0): the source was changed: 'Satz null' instead of 'Satz 0'"),
        ("h0\tSatz 0\t \n", "row 1 (h0): the target is empty"),
        ("h0\tSatz 0\tSatz 0\n", "row 1 (h0): the target is the source"),
        ("h0\tSatz 0\tna\ufffdve\n", "row 1 (h0): U+FFFD"),
        ("h0\tSatz 0\n", "row 1: 2 columns instead of 3"),
    ],
)
def test_a_bad_revision_is_refused_with_every_problem(tmp_path, rows, problem):
    path = tmp_path / "seeds.tsv"
    path.write_text(HEADER + rows, "utf-8")
    with pytest.raises(ValueError, match="nothing was imported") as error:
        import_tsv(path, DRAFTS)
    assert problem in str(error.value)


def test_wrong_header_and_encoding(tmp_path):
    path = tmp_path / "seeds.tsv"
    path.write_text("a\tb\n", "utf-8")
    with pytest.raises(ValueError, match="the header must be id <tab> source <tab> target"):
        import_tsv(path, DRAFTS)
    path.write_bytes((HEADER + "h0\tSatz 0\tna\u00efve\n").encode("cp1252"))
    with pytest.raises(ValueError, match="invalid UTF-8 at byte 29"):
        import_tsv(path, DRAFTS)
