"""Sources of pool, validation and test sets, and rules of a source."""

import pytest

from gdig.config import parse_params
from tests.config.conftest import changed

FILE = {"name": "a", "kind": "files", "path": "a.tsv"}
GRAMMAR = {"name": "grammar", "kind": "embedded", "weight": 1.0}
SET = {"name": "test", "kind": "embedded", "mixture": "pool", "rows": 5}
DEV = SET | {"name": "dev"}
TEST = FILE | {"name": "test"}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"sources": []}, "pool.sources = []: list should have at least 1 item"),
        ({"sources": [FILE | {"kind": "web"}]}, "pool.sources.0 = "),
        ({"sources": [FILE | {"kind": "web"}]}, "expected tags: 'embedded', 'files', 'urls', 'hub'"),
        ({"sources": [FILE]}, "pool: source 'a' has neither rows nor weight; say one"),
        ({"sources": [FILE | {"weight": 1.0, "rows": 5}]}, "source 'a' has both rows and weight; say one"),
        ({"sources": [FILE | {"weight": 1.0, "name": "My News"}]}, "name = 'My News'"),
        (
            {"sources": [FILE | {"weight": 1.0, "path": ["a"]}]},
            "pool.sources.0.path = ['a']: list should have at least 2 items",
        ),
        ({"sources": [FILE | {"weight": 1.0, "path": ["a", "a"]}]}, "pool.sources.0.path: 'a' stands there twice"),
        ({"sources": [FILE | {"weight": 1.0, "columns": [1, 1]}]}, "pool.sources.0.columns: 1 stands there twice"),
        ({"tests": [TEST | {"path": ""}]}, "pool.tests.0.path: '' must be text on one line"),
        (
            {"tests": [TEST | {"score": {"column": "s", "min": float("nan")}}]},
            "pool.tests.0.score.min = nan: input should be a finite number",
        ),
        ({"sources": [FILE | {"weight": 1.0, "colums": [1, 2]}]}, "colums = [1, 2] is not a known key"),
        ({"sources": [FILE | {"weight": 1.0, "format": "docx"}]}, "format = 'docx': input should be 'tsv', 'csv'"),
        ({"sources": [FILE | {"weight": 1.0, "columns": [1]}]}, "columns = [1]: list should have at least 2"),
        (
            {"sources": [FILE | {"weight": 1.0, "path": ["a", "b"], "sha256": "c"}]},
            "sha256 must have the form of path: one value, or a list of two",
        ),
        (
            {"sources": [{"name": "a", "kind": "urls", "url": "x", "sha256": ["c", "d"], "weight": 1.0}]},
            "sha256 must have the form of url: one value, or a list of two",
        ),
        (
            {"sources": [{"name": "a", "kind": "hub", "dataset": "x", "columns": ["a", "b"], "weight": 1.0}]},
            "pool.sources.0.split is missing",
        ),
        ({"tests": [FILE]}, "two sources are named 'a'; ids begin with the name, so it must be unique"),
        ({"tests": [TEST | {"weight": 1.0}]}, "source 'test' is read whole, or `rows` of it; it cannot have a weight"),
        ({"valid": [FILE | {"name": "dev"}]}, "num_valid must be null where `valid` lists sources"),
        ({"num_valid": None}, "num_valid must be null where `valid` lists sources, and a number where it is empty"),
        ({"sources": [GRAMMAR]}, "kind 'embedded' cannot be mixed: it must be the one source, and that of all of"),
        (
            {"sources": [GRAMMAR], "tests": [SET], "valid": [], "num_valid": 5},
            "kind 'embedded' cannot be mixed: it must be the one source, and that of all of `valid` and `tests`",
        ),
        (
            {"sources": [GRAMMAR, GRAMMAR | {"name": "b"}], "tests": [SET], "valid": [DEV], "num_valid": None},
            "cannot be",
        ),
        (
            {"sources": [GRAMMAR], "tests": [SET | {"rows": None}], "valid": [DEV], "num_valid": None},
            "source 'test': the grammar needs a number of rows and a mixture: pool or balanced",
        ),
        (
            {"sources": [GRAMMAR], "tests": [SET], "valid": [DEV | {"mixture": None}], "num_valid": None},
            "source 'dev': the grammar needs a number of rows and a mixture",
        ),
        (
            {"sources": [GRAMMAR], "tests": [SET | {"name": "pool"}], "valid": [DEV], "num_valid": None},
            "source 'pool': the grammar has a part of that name",
        ),
        (
            {"sources": [GRAMMAR | {"mixture": "pool"}], "tests": [SET], "valid": [DEV], "num_valid": None},
            "source 'grammar': mixture is of validation and test sets",
        ),
    ],
)
def test_every_mistake_in_sources_is_named(values, changes, message):
    pool = values["pool"] | {"sources": [FILE | {"weight": 1.0}], "tests": [TEST], "valid": [], "num_valid": 9}
    parse_params(values | {"pool": pool}, "params.yaml")
    with pytest.raises(ValueError, match="params.yaml: ") as error:
        parse_params(values | {"pool": pool | changes}, "params.yaml")
    assert message in str(error.value)


def test_rules_are_overridden_by_source(values):
    for overrides, message in (
        ({"gramar": {"drop_copies": True}}, "prepare.overrides: 'gramar' is no source; sources are grammar, "),
        ({"grammar": {"drop_copis": True}}, "overrides.grammar.drop_copis is not a known rule"),
        ({"grammar": {"max_characters": 0}}, "prepare: overrides.grammar.max_characters = 0: input should be greater"),
        (
            {"grammar": {"character_ratio": [2.0, 1.0]}},
            "overrides.grammar: character_ratio: .2.0, 1.0. must be the least",
        ),
    ):
        with pytest.raises(ValueError, match=message):
            parse_params(changed(values, "prepare.overrides", overrides), "params.yaml")
    params = parse_params(changed(values, "prepare.overrides", {"grammar": {"drop_copies": True}}), "params.yaml")
    assert (params.prepare.of("grammar").drop_copies, params.prepare.of("test").drop_copies) == (True, False)
