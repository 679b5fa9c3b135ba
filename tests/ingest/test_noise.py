from collections import Counter

from gdig.config import NOISE_KINDS, Noise
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


def test_config_and_code_name_the_same_seven_kinds():
    assert set(NOISE_KINDS) == set(module._CORRUPTIONS)
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
