from itertools import chain, islice

import pytest
import torch

from gdig.lm.batches import epochs
from gdig.lm.prompt import Example
from gdig.training.schedule import divide
from gdig.training.trainer import Steps, inputs_of
from tests.conftest import toy_examples


def steps(per_device, num_processes, rank=0, *, count=13, start=0):
    made = Steps(toy_examples(count), 5, 6, divide(8, per_device, num_processes), rank, "toy")
    made.start = lambda: start
    return made


def order(per_device, num_processes):
    """The ids of each step, in the order in which the processes' parts make it up, without idle parts."""
    divided = divide(8, per_device, num_processes)
    processes = [iter(steps(per_device, num_processes, rank)) for rank in range(num_processes)]
    found = []
    for _ in range(6):
        parts = [[next(process) for process in processes] for _ in range(divided.accumulation)]
        found.append([name for part in chain(*parts) if len(part["targets_R"]) for name in part["ids"]])
    return found


@pytest.mark.parametrize(("per_device", "num_processes"), [(1, 1), (2, 1), (8, 1), (4, 2), (2, 2), (1, 4), (2, 4)])
def test_the_order_of_examples_does_not_depend_on_the_division(per_device, num_processes):
    examples = toy_examples(13)
    batches = epochs(13, 8, torch.Generator().manual_seed(5))
    expected = [[examples[position].id for position in batch] for batch in islice(batches, 6)]
    assert [len(batch) for batch in expected] == [8, 5, 8, 5, 8, 5]
    assert order(per_device, num_processes) == expected


def test_all_processes_run_equally_often_and_know_the_tokens_of_the_whole_step():
    parts = [list(steps(1, 4, rank)) for rank in range(4)]
    assert {len(part) for part in parts} == {len(steps(1, 4))} == {12}
    for step in range(6):
        together = [part for process in parts for part in process[2 * step : 2 * step + 2]]
        assert {part["num_tokens"] for part in together} == {sum(len(part["targets_R"]) for part in together)}


def test_a_resumed_run_goes_on_where_it_was():
    def of(made):
        return [part["ids"] for part in made]

    assert of(steps(2, 1, start=2)) == of(steps(2, 1))[2 * 4 :]


def test_targets_are_the_response_with_its_end_though_padding_is_the_same_token():
    """A token that pads is learnt where it ends a response: what is hidden is said by place, not by token."""
    pad = 0
    inputs = inputs_of([Example("a", [5, 6, 7, pad], 2), Example("b", [5, 8, pad], 1)])
    assert inputs["targets_R"].tolist() == [7, pad, 8, pad]


def test_a_first_token_is_not_counted():
    example = Example("a", [1, 2, 3], 0)
    assert example.num_response_tokens == len(inputs_of([example])["targets_R"]) == 2
