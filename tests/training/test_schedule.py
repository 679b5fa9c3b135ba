import pytest

from gdig.training.schedule import Division, divide, learning_rate, num_steps
from tests.training.toy import settings


def test_steps_are_epochs_and_never_fewer_than_the_minimum():
    assert num_steps(10, settings(epochs=3.0)) == 8
    assert num_steps(10, settings(epochs=3.0, min_steps=20)) == 20


def test_rate_rises_then_falls_to_zero():
    rates = [learning_rate(step, 20, settings()) for step in range(20)]
    assert rates[0] == pytest.approx(0.005)
    assert max(rates) == pytest.approx(0.01)
    assert rates[1:] == sorted(rates[1:], reverse=True)
    assert 0 < rates[-1] < 0.001


def test_schedules_differ_in_how_they_end():
    ends = {name: learning_rate(19, 20, settings(schedule=name)) for name in ("linear", "cosine", "constant")}
    assert 0 < ends["cosine"] < ends["linear"] < ends["constant"] == pytest.approx(0.01)
    half = [learning_rate(11, 20, settings(schedule=name)) for name in ("linear", "cosine")]
    assert half == pytest.approx([0.005, 0.005])


def test_a_single_step_learns():
    assert learning_rate(0, 1, settings()) == pytest.approx(0.01)


@pytest.mark.parametrize(
    ("batch_size", "per_device", "processes", "expected"),
    [(16, None, 1, Division(1, 16, 1)), (16, 4, 1, Division(1, 4, 4)), (64, 4, 8, Division(8, 4, 2)),
     (64, None, 16, Division(16, 4, 1))],
)  # fmt: skip
def test_batches_are_divided(batch_size, per_device, processes, expected):
    assert divide(batch_size, per_device, processes) == expected


@pytest.mark.parametrize(
    ("batch_size", "per_device", "processes", "message"),
    [
        (16, None, 3, "training.batch_size = 16 cannot be divided over 3 processes; take 15 or 18"),
        (2, None, 3, "take 3$"),
        (16, 5, 1, r"memory.per_device_batch_size = 5: .* take 4 or 8"),
        (16, 5, 2, r"over 2 processes cannot be made of parts of that size; take 4 or 8"),
        (16, 32, 1, "take 16$"),
    ],
)
def test_what_cannot_be_divided_names_the_nearest_that_can(batch_size, per_device, processes, message):
    with pytest.raises(ValueError, match=message):
        divide(batch_size, per_device, processes)
