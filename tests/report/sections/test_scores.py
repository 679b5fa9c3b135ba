from gdig.report.sections.scores import sanity_section

ENTRY = {
    "empty_share": {"mean": 0.0625, "sd": 0},
    "length_ratio": {"mean": 0.987, "sd": 0},
    "bleu": {"mean": 1, "sd": 0},
}


def test_measured_sanity_counts_are_shown_for_every_selector():
    html = sanity_section({"random": {"b0064": ENTRY}, "<new>": {"b0064": ENTRY}}, {"b0064": 64})
    assert html.count("6.2%") == 2
    assert html.count("0.99") == 2
    assert "&lt;new&gt;" in html
    assert "wrong language" not in html


def test_without_counts_there_is_no_sanity_section():
    assert sanity_section({"random": {"b0064": {"bleu": {"mean": 1, "sd": 0}}}}, {"b0064": 64}) == ""
