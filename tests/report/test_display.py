import pytest

from gdig.report.display import STYLES, styles_of, title_of


def test_colours_and_markers_differ_and_do_not_depend_on_the_others():
    assert styles_of(["gdig"])["gdig"] == styles_of(["new", "gdig"])["gdig"]
    styles = styles_of([*STYLES, "new", "newer"])
    assert len({style.colour for style in styles.values()}) == len(styles)
    assert styles["new"].label == "new"


@pytest.mark.parametrize(
    ("metric", "title"),
    [("bleu", "BLEU"), ("chrf_wmt22", "chrF wmt22"), ("comet", "COMET"), ("valid_loss", "valid loss")],
)
def test_titles(metric, title):
    assert title_of(metric) == title
