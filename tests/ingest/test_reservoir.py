import tracemalloc
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chisquare

from gdig.ingest.readers.rows import Malformed
from gdig.ingest.reservoir import NUM_SAMPLES, sample
from gdig.io.order import shuffle_key, shuffled

rows_or_none = st.lists(st.booleans(), max_size=120)


def stream(good):
    """A stream with a row wherever `good` is true, a malformed one elsewhere."""
    return (
        (f"Satz {n}", f"sentence {n}") if ok else Malformed(f"reason {n % 2}", f"text {n}")
        for n, ok in enumerate(good, start=1)
    )


def ids(drawn):
    return [pair.id for _, pair in drawn.pairs]


@given(rows_or_none, st.integers(1, 60), st.integers(0, 9))
def test_the_sample_is_the_start_of_the_seeded_order_of_all_good_rows(good, size, seed):
    drawn = sample(stream(good), name="x", seed=seed, size=size)
    everything = [f"x-{n:09d}" for n, ok in enumerate(good, start=1) if ok]
    assert ids(drawn) == shuffled(everything, seed)[:size]
    assert all(key == shuffle_key(seed, pair.id) for key, pair in drawn.pairs)
    assert all(pair.src == f"Satz {int(pair.id[2:])}" and pair.trg[9:] == pair.src[5:] for _, pair in drawn.pairs)
    assert (drawn.seen, drawn.good) == (len(good), sum(good))


@given(rows_or_none, st.integers(1, 60), st.integers(0, 30))
def test_a_larger_sample_begins_with_the_smaller_one(good, size, more):
    small, large = (sample(stream(good), name="x", seed=3, size=k) for k in (size, size + more))
    assert large.pairs[:size] == small.pairs


@given(st.permutations(range(40)), st.integers(1, 40))
def test_which_rows_come_depends_on_their_numbers_and_not_on_what_they_say(order, size):
    drawn = sample(((f"src {n}", f"trg {n}") for n in order), name="x", seed=3, size=size)
    assert ids(drawn) == ids(sample(stream([True] * 40), name="x", seed=3, size=size))
    assert [pair.src for _, pair in drawn.pairs] == [f"src {order[int(i[2:]) - 1]}" for i in ids(drawn)]


def test_every_row_is_as_likely_as_any_other():
    """Also those in front: a corpus sorted by score must not give its best rows alone."""
    counts: Counter[int] = Counter()
    for seed in range(400):
        counts.update(int(i[2:]) for i in ids(sample(stream([True] * 200), name="x", seed=seed, size=20)))
    assert chisquare([counts[n] for n in range(1, 201)]).pvalue > 0.01
    halves = [sum(counts[n] for n in half) for half in (range(1, 101), range(101, 201))]
    assert chisquare(halves).pvalue > 0.01


def test_whole_sources_stay_in_their_order():
    drawn = sample(stream([True, False, True, True]), name="x", seed=1, size=None)
    assert ids(drawn) == ["x-000000001", "x-000000003", "x-000000004"]


def test_rejects_are_counted_and_sampled_by_reason_from_anywhere():
    good = [n % 3 == 0 for n in range(900)]
    summary = sample(stream(good), name="x", seed=1, size=5).summary()
    assert summary["rows"] == {"seen": 900, "good": 300, "rejected": {"reason 0": 300, "reason 1": 300}}
    for reason, kept in summary["rejects"].items():
        numbers = [n for n, ok in enumerate(good, start=1) if not ok and f"reason {n % 2}" == reason]
        expected = shuffled([f"x-{n:09d}" for n in numbers], 1)[:NUM_SAMPLES]
        assert kept == [{"id": i, "text": f"text {int(i[2:])}"} for i in expected]


def test_memory_is_that_of_the_sample():
    def rows(count):
        return (("x" * 500, str(n)) for n in range(count))

    peaks = []
    for count in (20_000, 200_000):
        tracemalloc.start()
        sample(rows(count), name="x", seed=1, size=1000)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.1 * peaks[0]
