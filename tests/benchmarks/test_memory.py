import json

from benchmarks import memory


def test_a_step_is_measured_from_a_configuration_alone(tmp_path, base_folder, capsys):
    (tmp_path / "config.json").write_bytes((base_folder / "config.json").read_bytes())
    memory.main(["--model", str(tmp_path), "--tokens", "12", "--batch-size", "4"])
    row = json.loads(capsys.readouterr().out)
    assert (row["batch_size"], row["tokens"], row["dtype"]) == (4, 12, "float32")
    assert row["peak_gib"] > 0.1
    assert row["seconds_a_step"] > 0
