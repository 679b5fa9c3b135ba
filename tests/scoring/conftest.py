import pytest

from tests import tiny_metrics


@pytest.fixture(scope="session")
def tiny_comet(tmp_path_factory):
    return tiny_metrics.comet(tmp_path_factory.mktemp("comet"))


@pytest.fixture(scope="session")
def tiny_bleurt(tmp_path_factory):
    return tiny_metrics.bleurt(tmp_path_factory.mktemp("bleurt"))
