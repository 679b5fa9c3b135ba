import pytest

from tests.checkpoints import made


@pytest.fixture(scope="session")
def tiny_comet(tmp_path_factory):
    return made("comet", tmp_path_factory.mktemp("comet"))


@pytest.fixture(scope="session")
def tiny_bleurt(tmp_path_factory):
    return made("bleurt", tmp_path_factory.mktemp("bleurt"))
