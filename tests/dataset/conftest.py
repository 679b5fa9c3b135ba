import pytest

from gdig.dataset.rows import iterate_rows
from gdig.io.ranking import write_ranking
from gdig.io.records import Pair, write_pairs
from tests.conftest import PROMPT

HARD = [
    Pair("web-1", 'She said "yes" and left.', 'Sie sagte „ja“ und ging. "So."'),
    Pair("web-2", "two\nlines\n\nand a blank one", "zwei\r\nZeilen\n"),
    Pair("web-3", "a\u2028line\u2029separator\x85and\x0ba tab\t\x1c", "\u2028"),
    Pair("web-4", "\u202bשלום עולם\u202c", "مرحبا \u200fبالعالم"),
    Pair("web-5", "{src_text} {trg_lang} %s \\n \\u2028", "{0} \\"),
    Pair("web-6", " leading and trailing ", "\ufeff中文 👩‍👩‍👧 𝔘"),
    Pair("mem-ory-1", "[", "null"),
]


@pytest.fixture
def files(tmp_path):
    """A subset of hard texts, and the longer ranking that it is the beginning of."""
    ids = [pair.id for pair in HARD]
    write_pairs(tmp_path / "subset.jsonl", HARD)
    write_ranking(tmp_path / "ranking.jsonl", [*ids, "last"], {i: -1 / (n + 3) for n, i in enumerate([*ids, "last"])})
    return tmp_path / "subset.jsonl", tmp_path / "ranking.jsonl"


@pytest.fixture
def rows(files):
    return list(iterate_rows(*files, PROMPT))
