import copy

import pytest

from tests.conftest import default_values


@pytest.fixture
def values():
    return default_values()


def changed(values, key, value):
    values = copy.deepcopy(values)
    *sections, last = key.split(".")
    place = values
    for section in sections:
        place = place[section]
    place[last] = value
    return values
