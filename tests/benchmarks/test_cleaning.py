import json
import sys

import pytest

from benchmarks import cleaning


@pytest.mark.parametrize("processes", ["1", "2"])
def test_everything_planted_is_found(processes, monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(
        sys, "argv", ["x", "--pairs", "20000", "--processes", processes, "--out", str(tmp_path / "out")]
    )
    cleaning.main()
    result = json.loads(capsys.readouterr().out)
    assert result == json.loads((tmp_path / "out").read_text())
    assert result["rejected"] == result["planted"]
    assert result["kept"] == 20_000 - sum(result["planted"].values())
    assert 0.05 < result["peak_gib"] < 1
