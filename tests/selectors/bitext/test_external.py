"""Files of scores by other tools: their forms, what is refused, and both stages."""

import math

import pandas as pd
import pytest

from gdig.config import External, parse_params, read_values
from gdig.io.files import digest, read_json
from gdig.io.ranking import iterate_ranking, read_ranking
from gdig.io.records import read_rows, write_pairs
from gdig.run.paths import Paths
from gdig.selectors.bitext.external import read_scores, score_files, together
from stages import bitext_external, rank_bitext
from tests.conftest import ROOT, toy_pairs

POOL = toy_pairs(6)
IDS = [pair.id for pair in POOL]
SCORES = dict(zip(IDS, [0.5, -1.25, 3.0, 0.5, 1e-7, 12.0], strict=True))


def table(scores, header=""):
    return header + "".join(f"{i}\t{score}\n" for i, score in scores.items())


@pytest.fixture
def file(tmp_path):
    def write(name, content):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def test_every_form_gives_the_same_scores(file, tmp_path):
    rows = "".join(f'{{"id": "{i}", "score": {score}, "more": 1}}\n' for i, score in SCORES.items())
    files = [
        file("a.tsv", table(SCORES)),
        file("b.tsv", table(SCORES, "id\tscore\n")),
        file("c.txt", b"\xef\xbb\xbf" + table(SCORES).replace("\n", "\r\n").encode()),
        file("d.jsonl", rows),
        tmp_path / "e.parquet",
    ]
    pd.DataFrame({"score": SCORES.values(), "id": SCORES.keys()}).to_parquet(files[-1])
    for path in files:
        assert read_scores(path, IDS) == SCORES, path


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.tsv", table(SCORES) + f"{IDS[2]}\t1\n", f"a.tsv, row 7: id '{IDS[2]}' repeats row 3; keep one"),
        ("a.tsv", table(SCORES) + "stray\t1\n", "a.tsv, row 7: id 'stray' is of no pair of the pool"),
        ("a.tsv", table(SCORES | {IDS[1]: "nan"}), f"a.tsv, row 2: the score of '{IDS[1]}' is nan; give it a number"),
        ("a.tsv", table(SCORES | {IDS[1]: "-inf"}), f"row 2: the score of '{IDS[1]}' is -inf"),
        ("a.tsv", table(SCORES | {IDS[1]: "good"}), "a.tsv, row 2: 'good' is no number"),
        ("a.tsv", table(SCORES).replace("\t", " "), "a.tsv, row 1: .* is not an id, a tab and a score"),
        ("a.tsv", table(dict.fromkeys(IDS[:4], 1)), f"2 of the 6 pairs of the pool have no score, such as {IDS[4]}"),
        ("a.tsv", b"\xff\t1\n", "a.tsv, row 1: invalid UTF-8 at byte 0"),
        ("a.tsv", b"", "a.tsv: 6 of the 6 pairs"),
        ("a.jsonl", '{"id": "x"}\n', "a.jsonl, row 1: .* is no object with id and score"),
        ("a.jsonl", '{"id": 3, "score": 1}\n', "a.jsonl, row 1: 3 is no id"),
        ("a.jsonl", f'{{"id": "{IDS[0]}", "score": true}}\n', "a.jsonl, row 1: True is no number"),
        ("a.jsonl", f'{{"id": "{IDS[0]}", "score": null}}\n', "a.jsonl, row 1: None is no number"),
        ("a.jsonl", "{\n", "a.jsonl, row 1: not JSON"),
        ("a.parquet", b"PAR1", "a.parquet: "),
        ("a.csv", "x", "scores are in files that end with .tsv, .txt, .jsonl, .parquet"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_with_its_file_and_row(file, name, content, said):
    with pytest.raises(ValueError, match=said):
        read_scores(file(name, content), IDS)


def test_a_parquet_file_without_the_columns_or_with_an_empty_score_is_refused(tmp_path):
    pd.DataFrame({"id": IDS, "value": 1.0}).to_parquet(tmp_path / "a.parquet")
    with pytest.raises(ValueError, match="its columns are id, value, not id and score"):
        read_scores(tmp_path / "a.parquet", IDS)
    pd.DataFrame({"id": IDS, "score": [1.0, None, 1, 1, 1, 1]}).to_parquet(tmp_path / "a.parquet")
    with pytest.raises(ValueError, match="row 2: None is no number|row 2: the score of .* is nan"):
        read_scores(tmp_path / "a.parquet", IDS)


def test_several_files_count_by_their_mean_rank_and_equal_scores_share_it():
    one, other = dict(zip("abc", (1.0, 2.0, 2.0), strict=True)), dict(zip("abc", (100.0, -5.0, 0.0), strict=True))
    assert together([one]) == one
    assert together([one, other]) == pytest.approx({"a": (1 + 3) / 6, "b": (2.5 + 1) / 6, "c": (2.5 + 2) / 6})


def test_the_files_of_a_folder_are_those_that_params_list(tmp_path):
    for name in ("a.tsv", "b.tsv"):
        (tmp_path / name).touch()
    assert list(score_files(tmp_path, ["b.tsv", "a.tsv"])) == ["a.tsv", "b.tsv"]
    assert list(score_files(tmp_path / "a.tsv", ["a.tsv"])) == ["a.tsv"]
    with pytest.raises(ValueError, match=r"external.files does not list .*b.tsv"):
        score_files(tmp_path, ["a.tsv"])
    with pytest.raises(ValueError, match=r"external.files lists 'c.tsv', but .* has a.tsv, b.tsv"):
        score_files(tmp_path, ["a.tsv", "b.tsv", "c.tsv"])
    with pytest.raises(ValueError, match=r"external.scores: there is nothing at .*none.tsv"):
        score_files(tmp_path / "none.tsv", [])


@pytest.fixture
def paths(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    paths = Paths(profile="p", selector="external", external="mine")
    write_pairs(paths.pool, POOL)
    paths.external_given.mkdir(parents=True)
    return paths


def settings(params, **better):
    about = {"tool": "Tool", "version": "1.2", "licence": "MIT"}
    files = [about | {"name": f"{name}.tsv", "better": end} for name, end in better.items()]
    external = {"scores": "mine", "files": files}
    return params.model_copy(update={"external": External.model_validate(external)})


def test_the_better_end_comes_first_and_what_made_the_scores_is_recorded(paths, params):
    path = paths.external_given / "errors.tsv"
    path.write_text(table(SCORES))
    low = settings(params, errors="low")
    bitext_external.main(low, paths, "external")
    assert {row["id"]: row["score"] for row in read_rows(paths.bitext)} == {i: -s for i, s in SCORES.items()}
    about = {"name": "errors.tsv", "better": "low", "tool": "Tool", "version": "1.2", "licence": "MIT"}
    assert read_json(paths.external_record) == [about | {"sha256": digest(path)}]
    rank_bitext.main(low, paths, "external")
    ranking = read_ranking(paths.ranking)
    assert [ranking[0], *ranking[-2:]] == [IDS[1], IDS[2], IDS[5]]
    assert dict(iterate_ranking(paths.ranking))[IDS[5]] == -12.0
    other = low.model_copy(update={"bitext": low.bitext.model_copy(update={"seed": 5})})
    rankings = set()
    for seed in range(9):
        rank_bitext.main(other.model_copy(update={"bitext": low.bitext.model_copy(update={"seed": seed})}), paths, "x")
        rankings.add(tuple(read_ranking(paths.ranking)))
    assert len(rankings) == 2, "the seed breaks the one tie alone"


def test_a_file_is_listed_once(params):
    listed = [file.model_dump() for file in settings(params, errors="low").external.files]
    values = read_values(ROOT / "params.yaml")
    values["external"] = {"scores": "mine", "files": [*listed, *listed]}
    with pytest.raises(ValueError, match=r"params: external.files: 'errors.tsv' stands there twice; take one out"):
        parse_params(values, "params")


def test_of_several_files_each_has_its_own_end(paths, params):
    (paths.external_given / "quality.tsv").write_text(table(SCORES))
    (paths.external_given / "errors.tsv").write_text(table({i: -s for i, s in SCORES.items()}))
    bitext_external.main(settings(params, quality="high", errors="low"), paths, "external")
    found = {row["id"]: row["score"] for row in read_rows(paths.bitext)}
    assert found == pytest.approx({i: (1 + sum(o < s for o in SCORES.values()) + 0.5 * (s == 0.5)) / 6
                                   for i, s in SCORES.items()})  # fmt: skip
    assert not any(math.isnan(score) for score in found.values())


def test_without_a_file_the_stage_says_what_to_name(paths, params):
    with pytest.raises(ValueError, match="external.scores is none; name a file or folder of scores"):
        bitext_external.main(params, paths, "external")
