import numpy as np
import pytest

from gdig.config import NOISE_KINDS, Controls
from gdig.io.records import CLEAN, Pair
from gdig.selectors.gdig_joint.controls import make_controls, other_seeds_mask

WORDS = ("quiet", "heavy", "green", "clean", "broken")
SEEDS = [Pair(f"s{n}", f"Der Hund {n} sucht die Katze.", f"The {WORDS[n % 5]} dog {n} seeks that cat.")
         for n in range(40)]  # fmt: skip
POOL = [Pair(f"p{n}", f"Ein Baum {n} steht.", f"Some tall tree {n} stands there alone.") for n in range(60)]


def settings(**changes):
    values = {"kinds": ["misaligned", "truncated", "dropped_words", "shuffled"], "copies": 2, "max_tokens": 64}
    return Controls(**(values | {"seed": 3} | changes))


def test_seeds_come_first_and_then_copies_that_differ_from_them_and_from_each_other():
    controls = make_controls(SEEDS, POOL, settings(copies=3))
    assert [control.pair for control in controls[:40]] == SEEDS
    assert all(control.kind == CLEAN and control.seed == control.pair.id for control in controls[:40])
    copies = controls[40:]
    assert 100 < len(copies) <= 120
    by_id = {seed.id: seed for seed in SEEDS}
    for control in copies:
        seed = by_id[control.seed]
        assert control.kind in settings().kinds
        assert control.pair.src == seed.src
        assert control.pair.trg not in ("", seed.trg)
    assert len({(control.seed, control.pair.trg) for control in controls}) == len(controls)
    assert len({control.pair.id for control in controls}) == len(controls)


@pytest.mark.parametrize("kind", ["misaligned", "unrelated_suffix", "wrong_word"])
def test_what_another_pair_gives_comes_from_the_pool_and_never_from_a_seed(kind):
    targets, words = {pair.trg for pair in POOL}, {word for pair in POOL for word in pair.trg.split()}
    copies = [c for c in make_controls(SEEDS, POOL, settings(kinds=[kind])) if c.kind != CLEAN]
    by_id = {seed.id: seed for seed in SEEDS}
    assert {control.seed for control in copies} == set(by_id)
    for control in copies:
        own = by_id[control.seed].trg
        if kind == "misaligned":
            assert control.pair.trg in targets
        elif kind == "unrelated_suffix":
            assert control.pair.trg.removeprefix(f"{own} ") in targets
        else:
            assert set(control.pair.trg.split()) <= {*own.split(), *words}


def test_they_depend_on_ids_and_seed_alone():
    controls = make_controls(SEEDS, POOL, settings())
    assert make_controls(SEEDS, POOL, settings()) == controls
    assert make_controls(SEEDS, POOL, settings(seed=4)) != controls
    backwards = make_controls(SEEDS[::-1], POOL, settings())
    assert {c.pair.id: c for c in backwards} == {c.pair.id: c for c in controls}


def test_seeds_of_one_word_have_copies_where_a_kind_can_change_them():
    short = [Pair("one", "Ja.", "Yes."), *SEEDS[:2]]
    kinds = make_controls(short, POOL, settings(kinds=["truncated", "shuffled", "dropped_words"]))
    assert [c.pair.id for c in kinds if c.seed == "one"] == ["one"]
    # The second copy would be the first once more.
    untranslated = make_controls(short, POOL, settings(kinds=["untranslated"]))
    assert [c.seed for c in untranslated] == ["one", "s0", "s1", "one", "s0", "s1"]


@pytest.mark.parametrize("num_long", [0, 1])
def test_kinds_that_change_no_seed_or_one_are_refused(num_long):
    seeds = [Pair("one", "Ja.", "Yes."), Pair("two", "Nein.", "No."), *SEEDS[:num_long]]
    message = (
        rf"controls.kinds = \['shuffled'\] change {num_long} of {2 + num_long} seeds, but at least 2 .* raise seeds"
    )
    with pytest.raises(ValueError, match=message):
        make_controls(seeds, POOL, settings(kinds=["shuffled"]))


def test_each_is_judged_by_the_seeds_that_it_is_not_made_of_whatever_their_ids():
    seeds = [Pair("a", *("ein Wort mehr", "one word more")), Pair("a~0", "zwei Worte", "two words"),
             Pair("a~0~1", "drei rote Worte", "three red words")]  # fmt: skip
    controls = make_controls(seeds, POOL, settings(kinds=list(NOISE_KINDS)))
    assert len({control.pair.id for control in controls}) == len(controls) == 9
    ids = [seed.id for seed in seeds]
    mask = other_seeds_mask(controls, ids)
    assert mask.shape == (9, 3)
    expected = [[seed != control.seed for seed in ids] for control in controls]
    assert mask.tolist() == expected
    assert (mask.sum(axis=1) == 2).all()
    np.testing.assert_array_equal(mask[:3], ~np.eye(3, dtype=bool))
