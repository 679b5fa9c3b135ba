import xml.etree.ElementTree as ElementTree

from gdig.report.curves import curves_section, read_curves
from gdig.training.record import write_curves


def curves(path):
    record = {"losses": [[1, 3.0, 0.1], [2, 2.0, 0.1]], "valid_losses": [[2, 2.5]]}
    write_curves(path, {1: record, 2: record})
    return read_curves(path)


def test_a_panel_a_budget_with_both_losses_and_equal_bytes_each_time(tmp_path):
    cells = {"64": curves(tmp_path / "64.csv"), "256": curves(tmp_path / "256.csv")}
    section = curves_section("gdig", cells)
    assert "G-DIG; mean over training seeds" in section
    for text in ("64 pairs", "256 pairs", "training", "validation"):
        assert f">{text}<" in section
    figure = section[section.index("<svg") : section.index("</svg>") + len("</svg>")]
    ElementTree.fromstring(figure)
    assert curves_section("gdig", cells) == section
