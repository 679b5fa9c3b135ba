import json

from benchmarks.mutants import mutants, sample, statuses, table

LISTED = """
    gdig.labels.x_auc__mutmut_1: killed
    gdig.labels.x_auc__mutmut_2: survived
    gdig.influence.kfac.xǁEigenbasisǁshape__mutmut_3: timeout
    gdig.influence.kfac.x_factors__mutmut_10: no tests
"""


def test_names_are_those_of_all_files_and_a_sample_depends_on_its_seed_alone(tmp_path):
    for file, keys in (("b.py.meta", ["m.b__mutmut_1"]), ("sub/a.py.meta", ["m.a__mutmut_2", "m.a__mutmut_1"])):
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).write_text(json.dumps({"exit_code_by_key": dict.fromkeys(keys)}))
    names = mutants(tmp_path)
    assert names == ["m.a__mutmut_1", "m.a__mutmut_2", "m.b__mutmut_1"]
    assert sorted(sample(names, 9, 1)) == names
    many = [f"m__mutmut_{n}" for n in range(100)]
    assert sample(many, 10, 1) == sample(many, 10, 1) != sample(many, 10, 2)
    assert len(set(sample(many, 10, 1))) == 10


def test_the_table_counts_what_mutmut_lists():
    found = statuses(LISTED)
    assert list(found.values()) == ["killed", "survived", "timeout", "no tests"]
    assert table(found).splitlines()[2:] == [
        "| gdig.influence | 2 | 1 | 0 | 1 | 50.0% |",
        "| gdig.labels | 2 | 1 | 1 | 0 | 50.0% |",
        "| all | 4 | 2 | 1 | 1 | 50.0% |",
    ]
