import json
from collections import Counter

import pytest

from gdig.cleaning import clean as module
from gdig.cleaning.clean import clean
from gdig.cleaning.decontaminate import Forbidden, key_digests, sides
from gdig.cleaning.rejects import NUM_SAMPLES
from gdig.cleaning.rules import without_rejection
from gdig.config import Languages, Prepare
from gdig.io.records import Pair, read_pairs, write_pairs

ALL_OFF = {
    "normalise_unicode": False, "drop_control_characters": False, "drop_copies": False, "max_characters": None,
    "character_ratio": None, "token_limit": None, "language_id": None, "drop_duplicates": False,
    "near_duplicates": None, "decontaminate": False, "decontaminate_ngram": None, "overrides": {},
}  # fmt: skip
LANGUAGES = Languages(source="de", target="en")
GOOD = Pair("news-1", "Guten Morgen", "Good morning")
LONG = "the committee on the rights of the child met twice a year in new york"
HELD = [Pair("t-1", "Verraten", "Leaked text!"), Pair("t-2", "Ausschuss", f"It is said that {LONG}.")]


def rules(**changes):
    return Prepare.model_validate(ALL_OFF | changes)


@pytest.fixture
def run(tmp_path):
    """Clean pairs as a part `pool`; return what is kept and the summary."""
    forbidden = Forbidden({"test": {side: pair.id for pair in HELD for side in sides(key_digests(pair))}})
    forbidden.add_ngrams("test", HELD, [13])

    def run(pairs, prepare, **options):
        write_pairs(tmp_path / "raw.jsonl", pairs)
        target = tmp_path / "pool.jsonl"
        rejects, _ = clean(tmp_path / "raw.jsonl", target, prepare, LANGUAGES, forbidden, **options)
        return read_pairs(target) if rejects.kept else [], rejects.summary()

    return run


@pytest.mark.parametrize(
    ("change", "pair", "rule", "match"),
    [
        ({}, Pair("news-2", "Hallo", " \t"), "empty", None),
        ({}, Pair("news-2", "\u200b\u200d", "Hi"), "empty", None),
        ({"drop_copies": True}, Pair("news-2", "Berlin", "Berlin"), "copy", None),
        ({"max_characters": 13}, Pair("news-2", "vierzehn Zei..", "short"), "too_long", None),
        ({"character_ratio": [0.5, 2.0]}, Pair("news-2", "ja", "yes, indeed"), "odd_length_ratio", None),
        ({"drop_duplicates": True}, Pair("news-2", "guten  MORGEN!", "Good morning."), "duplicate", None),
        ({"decontaminate": True}, Pair("news-2", "Etwas", "ＬＥＡＫＥＤ text"), "contaminated", ("test", "t-1")),
        (
            {"decontaminate_ngram": 13},
            Pair("news-2", "Etwas", f"Yes: {LONG.upper()}"),
            "contaminated_ngram",
            ("test", "t-2"),
        ),
        (
            {"near_duplicates": {"min_similarity": 0.3, "num_permutations": 128, "seed": 1}},
            Pair("news-2", "Guten Morgen 2", "Good morning 2"),
            "near_duplicate",
            ("pool", "news-1"),
        ),
        (
            {"language_id": {"min_characters": 20, "min_probability": 0.9}},
            Pair("news-2", "Das ist ein ganz normaler Satz.", "Ceci est une phrase tout à fait normale."),
            "wrong_language",
            None,
        ),
    ],
)
def test_each_rule_rejects_counts_and_samples_and_can_be_switched_off(run, change, pair, rule, match):
    kept, summary = run([GOOD, pair], rules(**change))
    assert kept == [GOOD]
    told = {"id": "news-2", "src": pair.src, "trg": pair.trg}
    if match:
        told["matches"] = {"part": match[0], "id": match[1]}
    # Only rules of contamination count the parts that have the texts.
    matched = {"matched": {rule: {match[0]: 1}}} if rule.startswith("contaminated") else {}
    assert summary == {"news": {"seen": 2, "kept": 1, "rejected": {rule: 1}, "samples": {rule: [told]}} | matched}
    if change:
        assert len(run([GOOD, pair], rules())[0]) == 2


def test_the_strictest_reason_is_reported_first(run):
    leak = Pair("news-1", "x", HELD[1].trg)
    _, summary = run(
        [leak, leak.__class__("news-2", "x", HELD[1].trg)],
        rules(decontaminate=True, decontaminate_ngram=13, drop_duplicates=True),
    )
    assert summary["news"]["rejected"] == {"contaminated": 2}


def test_rules_differ_by_corpus(run):
    long = "eine ganze Menge Text"
    pairs = [Pair("news-1", long, "a"), Pair("web-crawl-1", long, "b"), Pair("web-crawl-2", long, "B")]
    prepare = rules(max_characters=5, overrides={"web-crawl": {"max_characters": None, "drop_duplicates": True}})
    kept, summary = run(pairs, prepare)
    assert [pair.id for pair in kept] == ["web-crawl-1"]
    assert {corpus: tally["rejected"] for corpus, tally in summary.items()} == {
        "news": {"too_long": 1},
        "web-crawl": {"duplicate": 1},
    }


def test_test_sets_stay_whole_and_are_edited_only_by_nfc(run):
    pairs = [
        Pair("wmt-1", "Ja\u00a0!  Scho\u0308n\u200b ", HELD[0].trg),
        Pair("wmt-2", "ja!\u2028zwei\nZeilen", HELD[0].trg),
        Pair("wmt-3", "a", "b" * 600),
        Pair("wmt-4", "\u200b", "blank"),
    ]
    strict = rules(
        normalise_unicode=True, drop_control_characters=True, max_characters=500, character_ratio=[0.5, 2.0],
        drop_duplicates=True, decontaminate=True,
        overrides={"wmt": {"drop_copies": True, "drop_control_characters": True}},
    )  # fmt: skip
    assert not run(pairs, strict)[0]
    kept, _ = run(pairs, without_rejection(strict))
    assert [pair.src for pair in kept] == ["Ja\u00a0!  Schön\u200b ", "ja!\u2028zwei Zeilen", "a"]


def test_samples_are_limited_and_do_not_depend_on_the_order(run):
    pairs = [Pair(f"p-{n}", "a", " ") for n in range(100)] + [Pair("q-1", "a", " ")]
    (_, first), (_, second) = (run(order, rules()) for order in (pairs, pairs[::-1]))
    assert first == second
    assert len(first["p"]["samples"]["empty"]) == NUM_SAMPLES
    assert len(first["q"]["samples"]["empty"]) == 1
    assert len(run(pairs, rules(), num_samples=None)[1]["p"]["samples"]["empty"]) == 100


def test_pairs_that_differ_in_a_number_or_symbol_are_no_duplicates(run):
    texts = ["4.2 km", "42 km", "4,2 km", "-42 km", "4/2 km", "4:2 km", "42² km", "42 % km", "42 € km", "4 < 2 km"]
    again = ["4.2 KM!", "(42) km.", "42€ km"]
    pairs = [Pair(f"news-{n:02d}", f"Es sind {text}", f"It is {text}") for n, text in enumerate(texts + again)]
    kept, summary = run(pairs, rules(drop_duplicates=True))
    assert kept == pairs[: len(texts)]
    assert summary["news"]["rejected"] == {"duplicate": len(again)}


def many(count):
    """Pairs among which every rule has work, none of them near a chunk's border alone."""
    for n in range(count):
        text = f"Satz Nummer {n % (count - count // 10)} über\u00a0Ä\u0308pfel"
        yield Pair(f"c{n % 3}-{n:05d}", text if n % 11 else "Verraten!", " " if n % 17 == 0 else f"Sentence {n % 900}")


def test_processes_and_chunks_change_nothing(run, monkeypatch, tmp_path):
    pairs = list(many(3000))
    prepare = rules(
        normalise_unicode=True, drop_control_characters=True, drop_duplicates=True, decontaminate=True,
        near_duplicates={"min_similarity": 0.8, "num_permutations": 32, "seed": 1},
    )  # fmt: skip
    _, alone = run(pairs, prepare)
    whole = (tmp_path / "pool.jsonl").read_bytes()
    monkeypatch.setattr(module, "CHUNK_BYTES", 10_000)
    _, several = run(pairs, prepare, num_processes=2)
    assert (tmp_path / "pool.jsonl").read_bytes() == whole
    assert several == alone
    rejected = sum((Counter(tally["rejected"]) for tally in alone.values()), Counter())
    assert all(rejected[rule] for rule in ("empty", "contaminated", "duplicate", "near_duplicate"))
    kept = [json.loads(line)["id"] for line in whole.splitlines()]
    assert kept == [pair.id for pair in pairs if pair.id in set(kept)]


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (b'{"id": "p-1", "src": "x", "trg": "y"}\n', "raw.jsonl:41: id 'p-1' repeats line 2"),
        (b'{"id": "p-99", "src": "x"}\n', "raw.jsonl:41: p-99 has no text in 'trg'"),
        (b'{"id": "p-99", "src": "\xff"}\n', "raw.jsonl:41: invalid UTF-8 at byte"),
        (b"[1]\n", "raw.jsonl:41: every line must be an object with a string 'id'"),
    ],
)
@pytest.mark.parametrize("num_processes", [1, 2])
def test_a_malformed_line_is_named_and_nothing_is_written(tmp_path, monkeypatch, line, problem, num_processes):
    monkeypatch.setattr(module, "CHUNK_BYTES", 100)
    path = tmp_path / "raw.jsonl"
    write_pairs(path, [Pair(f"p-{n}", f"x{n}", "y") for n in range(40)])
    path.write_bytes(path.read_bytes() + line)
    with pytest.raises(ValueError, match="raw.jsonl:41") as error:
        clean(path, tmp_path / "out.jsonl", rules(), LANGUAGES, Forbidden(), num_processes=num_processes)
    assert problem in str(error.value)
    assert [p.name for p in tmp_path.iterdir()] == ["raw.jsonl"]


def test_what_is_kept_is_returned_for_later_parts(tmp_path):
    write_pairs(tmp_path / "raw.jsonl", [GOOD, Pair("news-2", " ", "gone")])
    arguments = (tmp_path / "raw.jsonl", tmp_path / "out.jsonl", rules(), LANGUAGES, Forbidden())
    source, target = sides(key_digests(GOOD))
    assert clean(*arguments)[1] == {source: "news-1", target: "news-1"}
    assert clean(*arguments, remember=False)[1] == {}
