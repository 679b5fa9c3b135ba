import gzip
import re
import unicodedata

import pytest

from gdig.cleaning.clean import clean
from gdig.cleaning.decontaminate import Forbidden, find_ngram
from gdig.config import Languages, load_params
from gdig.io.records import Pair, read_pairs, write_pairs
from gdig.io.text import matching_key
from tests.conftest import ROOT

MULTI30K = ROOT.parent / "shared" / "data" / "multi30k-de-en"


# Every way in which one text is written as another; `full` and `half` are each other's inverses.
def full_width(text):
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)


CHANGES = {
    "exact": lambda text: text,
    "upper": str.upper,
    "lower": str.lower,
    "no punctuation": lambda text: re.sub(r"(?<!\d)[^\w\s]|[^\w\s](?!\d)", "", text),
    "other punctuation": lambda text: "“" + text.replace(",", ";").replace("，", "、").rstrip(".。") + "” …",
    "full width": full_width,
    "half width": lambda text: unicodedata.normalize("NFKC", text),
    "decomposed": lambda text: unicodedata.normalize("NFD", text),
    "spaces": lambda text: "  " + text.replace(" ", " \u00a0") + "\u3000",
    "no-break": lambda text: text.replace(" ", "\u202f\u2009"),
}
HELD = [
    Pair(
        "test-1", "Die Sitzung wird um 10.45 Uhr eröffnet, große Säle.", "The meeting opens at 10.45 a.m., large halls."
    ),
    Pair("test-2", "会议于上午10时45分开始，地点在大厅。", "A session will begin in the main hall."),
    Pair("test-3", "Ｔｅｓｔ（全角）文字です。", "Full-width, “quoted” text"),
]
CLEAN = [
    Pair("pool-900", "Die Sitzung wird 10.46 Uhr eröffnet, große Säle.", "The meeting opens at 10.46 a.m., large."),
    Pair("pool-901", "会议于上午10时45分结束，地点在大厅。", "A session will begin in the main halls."),
    Pair("pool-902", "Die Sitzung", "The meeting"),
    Pair("pool-903", "Etwas ganz anderes.", "Something else altogether."),
]  # fmt: skip


def prepared(folder, parts, **changes):
    """Clean parts by the default rules, each against those before it; return what the last one lost, and to whom."""
    settings = load_params(ROOT / "params.yaml").prepare.model_copy(update=changes)
    forbidden = Forbidden()
    for name, pairs in parts.items():
        write_pairs(folder / f"raw-{name}.jsonl", pairs)
        rejects, forbidden.ids[name] = clean(
            folder / f"raw-{name}.jsonl", folder / f"{name}.jsonl", settings, Languages(source="de", target="en"),
            forbidden, num_samples=None,
        )  # fmt: skip
        if settings.decontaminate_ngram:
            forbidden.add_ngrams(name, read_pairs(folder / f"{name}.jsonl"), [settings.decontaminate_ngram])
    samples = [sample for tally in rejects.summary().values() for rows in tally["samples"].values() for sample in rows]
    return {sample["id"]: sample["matches"]["id"] for sample in samples if "matches" in sample}


def test_every_planted_leak_is_found_on_either_side_and_nothing_else(tmp_path):
    leaks, expected = [], {}
    for held in HELD:
        for text in (held.src, held.trg):
            for change in CHANGES.values():
                for side in ("source", "target"):
                    # What the other side says must not give it away.
                    other = f"Begleittext Nummer {len(leaks)} daneben, der lang genug ist."
                    sides = (change(text), other) if side == "source" else (other, change(text))
                    leaks.append(Pair(f"pool-{len(leaks)}", *sides))
                    expected[leaks[-1].id] = held.id
    assert prepared(tmp_path, {"test": HELD, "pool": [*leaks, *CLEAN]}, character_ratio=None) == expected
    assert len(expected) == 3 * 2 * len(CHANGES) * 2
    assert [pair.id for pair in read_pairs(tmp_path / "pool.jsonl")] == [pair.id for pair in CLEAN]


def test_ngrams_find_what_was_put_into_other_words(tmp_path):
    words = [f"wort{n}" for n in range(20)]
    chinese = "联合国大会第七十五届会议于九月十五日在纽约总部开幕"
    held = [Pair("test-1", " ".join(words), "irrelevant one"), Pair("test-2", chinese, "irrelevant two")]
    pool = [
        Pair("pool-1", "Nein, " + ", ".join(words[3:16]).upper() + "!", "thirteen in a row"),
        Pair("pool-2", "Nein, " + ", ".join(words[3:15]).upper() + "!", "twelve in a row"),
        Pair("pool-3", "the other side", "据报道，" + chinese[5:18] + "了。"),
        Pair("pool-4", "the other side again", "据报道，" + chinese[5:17] + "了。"),
    ]
    found = prepared(tmp_path, {"test": held, "pool": pool}, decontaminate_ngram=13, character_ratio=None)
    assert found == {"pool-1": "test-1", "pool-3": "test-2"}


def test_ngrams_of_other_lengths_are_not_compared():
    assert find_ngram(Pair("x-1", "a b", "c d"), 2, {3: {"a b c": ("test", "t-1")}}) is None


DOSES = "Erwachsene nehmen am ersten Abend vor dem Schlafen {} mg der Lösung mit einem Glas Wasser ein"


@pytest.mark.parametrize("rules", [{}, {"decontaminate_ngram": 10, "decontaminate": False}])
@pytest.mark.parametrize(
    ("held", "other", "same"),
    [
        ("2.5", "25", "2,5"), ("−4", "4", "-4"), ("1/4", "14", "¼"), ("7³", "73", "7^3"), ("4:5", "45", "4 : 5"),
        ("8 %", "8", "8%"), ("6 £", "6 ¥", "6£"),
    ],
)  # fmt: skip
def test_another_number_is_no_leak(tmp_path, rules, held, other, same):
    pool = [
        Pair("pool-1", DOSES.format(other), "Something of its own."),
        Pair("pool-2", f"{DOSES.format(held).upper()}!", "Something else of its own."),
    ]
    if same != "2,5":
        pool.append(Pair("pool-3", f"„{DOSES.format(same)}“", "And another."))
    parts = {"test": [Pair("test-1", DOSES.format(held), "irrelevant")], "pool": pool}
    assert prepared(tmp_path, parts, **rules) == {pair.id: "test-1" for pair in pool[1:]}


@pytest.mark.skipif(not MULTI30K.is_dir(), reason="the folder of Multi30k captions is not here")
def test_known_leaks_of_multi30k(tmp_path):
    def read(name):
        with gzip.open(MULTI30K / f"{name}.tsv.gz", "rt", encoding="utf-8", newline="\n") as stream:
            rows = [line.rstrip("\n").split("\t") for line in stream][1:]
        return [Pair(f"{name}-{number:05d}", *row) for number, row in enumerate(rows, start=1)]

    found = prepared(tmp_path, {"test": read("test2017"), "pool": read("train")})
    assert found == {
        "train-07929": "test2017-00787",
        "train-10375": "test2017-00594",
        "train-14215": "test2017-00787",
        "train-28611": "test2017-00787",
        "train-28761": "test2017-00840",
    }
    # Two German sentences and an English one.
    by_id = {pair.id: pair for pair in (*read("test2017"), *read("train"))}
    shared = {
        (side, matching_key(getattr(by_id[leak], side)))
        for leak, held in found.items()
        for side in ("src", "trg")
        if matching_key(getattr(by_id[leak], side)) == matching_key(getattr(by_id[held], side))
    }
    assert sorted(side for side, _ in shared) == ["src", "src", "trg"]
