from gdig.report.sections.feasibility import measured_section, published_section
from tests.report.efficiency.test_demand import BASE, GDIG, stage


def test_the_table_ranks_by_models_and_stages():
    phases = {"choosing pairs": GDIG}
    cheap = {"choosing pairs": [stage("rank_random", writes=["rankings/random/ranking.jsonl"])]}
    page = measured_section({"gdig": phases, "random": cheap, "full": cheap}, BASE)
    assert page.index(">random<") < page.index(">G-DIG<")
    assert "full pool" not in page
    row = page[page.index(">G-DIG<") :]
    assert row.index("<td>1</td>") < row.index("<td>7</td>") < row.index("<td>2</td>")
    assert "3.0 kB" in row
    assert "there is no dvc.lock" in measured_section({}, BASE)


def test_published_tables_are_marked():
    page = published_section()
    assert "1.570 (bridge, does not follow)" in page
    assert "1.400 (bridge, follows)" in page
    assert page.count("(printed ") == 0
    assert "7 of 9 ranks of simplicity and 7 of 9 ranks of flexibility" in page
