import hashlib
from collections import Counter

from gdig.config import NATURAL_KINDS, NOISE_KINDS, Noise
from gdig.ingest import noise as module
from gdig.ingest.noise import plant
from gdig.io.records import CLEAN, Pair

WORDS = ("quiet", "heavy", "green", "clean", "broken")
PAIRS = [
    Pair(f"p{n}", f"Der Hund Nummer {n} sucht die Katze.", f"The {WORDS[n % 5]} dog number {n} seeks the cat.")
    for n in range(600)
]


def settings(**changes):
    return Noise(**({"rate": 0.5, "kinds": list(NOISE_KINDS), "seed": 3} | changes))


def test_config_and_code_name_the_same_kinds():
    assert [*NOISE_KINDS, *NATURAL_KINDS] == list(module._CORRUPTIONS)
    assert len(NOISE_KINDS) == 7


def test_labels_say_exactly_which_targets_changed():
    noisy, kinds = plant(PAIRS, settings())
    for before, after in zip(PAIRS, noisy, strict=True):
        assert after.src == before.src
        assert (after.trg == before.trg) == (kinds[before.id] == CLEAN)
    counts = Counter(kinds.values())
    assert 0.4 < 1 - counts[CLEAN] / len(PAIRS) < 0.6
    assert set(counts) == {CLEAN, *NOISE_KINDS}


def test_rates_at_the_ends():
    assert plant(PAIRS, settings(rate=0.0))[0] == PAIRS
    assert CLEAN not in plant(PAIRS, settings(rate=1.0))[1].values()


def test_a_higher_rate_corrupts_the_same_pairs_and_more():
    low, high = (plant(PAIRS, settings(rate=rate))[1] for rate in (0.2, 0.6))
    assert all(high[i] == kind for i, kind in low.items() if kind != CLEAN)


def test_one_kind_at_a_time():
    noisy, kinds = plant(PAIRS, settings(kinds=["untranslated"]))
    assert all(pair.trg == pair.src for pair in noisy if kinds[pair.id] != CLEAN)


def test_a_target_that_no_kind_can_change_stays_clean():
    one_word = [Pair("a", "Ja", "Yes")]
    assert plant(one_word, settings(rate=1.0, kinds=["shuffled"]))[1] == {"a": CLEAN}


TEXTS = [
    Pair("a", "Anna kauft 12 rote Äpfel in Berlin .", "Anna buys 12 red apples in Berlin ."),
    Pair("b", "Anna kauft 12 rote Birnen in Berlin .", "Anna buys 12 red pears in Berlin ."),
    Pair("c", "Der Zug nach Hamburg hat 45 Minuten Verspätung .", "The train to Hamburg is 45 minutes late ."),
    Pair("d", "Es regnet .", "It is raining ."),
]


def corrupted(kind, seed=3):
    noisy, kinds = plant(TEXTS, settings(rate=1.0, kinds=[kind], seed=seed))
    return {pair.id: pair.trg for pair in noisy if kinds[pair.id] == kind}


def test_a_neighbours_target_is_that_of_the_most_like_source():
    found = corrupted("neighbour")
    assert (found["a"], found["b"]) == (TEXTS[1].trg, TEXTS[0].trg)
    donors = [*TEXTS, Pair("e", TEXTS[0].src, "the same source"), Pair("0", TEXTS[1].src, "an equal with a lower id")]
    noisy, _ = plant(TEXTS[:1], settings(rate=1.0, kinds=["neighbour"]), donors)
    assert noisy[0].trg == "an equal with a lower id"
    assert plant([Pair("x", "ganz anders", "y")], settings(rate=1.0, kinds=["neighbour"]), TEXTS)[1] == {"x": CLEAN}


def test_a_part_of_the_source_takes_the_place_of_as_much_of_the_target():
    for seed in range(20):
        for pair in TEXTS[:3]:
            target = corrupted("partly_copied", seed)[pair.id].split()
            own, copied = pair.trg.split(), pair.src.split()
            ends = next(n for n, (a, b) in enumerate(zip(target, own, strict=False)) if a != b)
            assert target[:ends] == own[:ends]
            assert abs(len(target) - len(own)) <= 1
            assert sum(word in copied and word not in own for word in target) >= 1
            assert sum(word in own for word in target) >= len(own) / 3


def test_words_are_said_twice_in_their_order():
    for seed in range(20):
        target, own = corrupted("repeated", seed)["c"].split(), TEXTS[2].trg.split()
        more = len(target) - len(own)
        assert 1 <= more <= len(own) // 2
        assert any(target[:end] + target[end + more :] == own and target[end - more : end] == target[end : end + more]
                   for end in range(more, len(own) + 1))  # fmt: skip


def test_numbers_have_other_digits_and_a_target_without_them_stays():
    found = corrupted("wrong_number")
    assert set(found) == {"a", "b", "c"}
    for pair in TEXTS[:3]:
        words = [
            (one, other) for one, other in zip(pair.trg.split(), found[pair.id].split(), strict=True) if one != other
        ]
        ((one, other),) = words
        assert len(one) == len(other) == 2
        assert sum(a != b for a, b in zip(one, other, strict=True)) == 1


def test_a_name_is_replaced_by_a_name_and_the_first_word_is_none():
    found = corrupted("wrong_name")
    assert found["a"] == "Anna buys 12 red apples in Hamburg ."
    assert found["c"] == "The train to Berlin is 45 minutes late ."
    assert "d" not in found


def test_the_kinds_of_the_default_are_planted_as_they_were():
    """By the bytes of before there were others."""
    noisy, _ = plant(PAIRS, settings())
    text = "".join(f"{pair.trg}\n" for pair in noisy)
    assert (
        hashlib.sha256(text.encode()).hexdigest() == "c473d83c9a8bce0b8beddc421a43f574c90a3fe7676f326236c182ce86f6356d"
    )
