import json

from benchmarks import reservoir


def test_every_row_is_read_and_the_sample_has_its_size(capfd):
    reservoir.main(["--rows", "60123", "--size", "500", "--bytes", "80"])
    row = json.loads(capfd.readouterr().out)
    assert (row["rows"], row["good"], row["drawn"]) == (60_123, 60_123, 500)
    assert row["rows_a_second"] > 0
    assert row["mebibytes_peak"] >= row["mebibytes_before"] > 0
