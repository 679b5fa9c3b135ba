import json

from benchmarks import translate


def test_both_ways_are_timed(capsys):
    translate.main(["--sentences", "6", "--beams", "1", "--rounds", "1", "--max-tokens", "100"])
    row = json.loads(capsys.readouterr().out)
    assert (row["backend"], row["beams"], row["sentences"]) == ("transformers", 1, 6)
    assert 1 < row["batches"] < 6
    assert row["ratio"] > 0
