import json

from markupsafe import Markup

from gdig.report.render import TEMPLATES, Table, embedded_json, render
from gdig.report.sections.selection import engine_text
from tests.report.conftest import EVIL


def test_every_value_is_escaped():
    html = render("sources.html.j2", sources=Table([EVIL, "a"], [(EVIL, [EVIL], True)], grey=[EVIL]),
                  samples=[(EVIL, Table(["x"], [(EVIL, [], False)], of_text=True, label=EVIL))])  # fmt: skip
    assert isinstance(html, Markup)
    assert "<script" not in html
    assert html.count("&lt;/script&gt;") > 6


def test_json_cannot_end_its_script_element():
    embedded = embedded_json({"text": EVIL + "\u2028", "number": 1.5})
    assert "<" not in embedded
    assert "\u2028" not in embedded
    assert json.loads(embedded) == {"text": EVIL + "\u2028", "number": 1.5}


def test_no_template_switches_escaping_off():
    for path in TEMPLATES.glob("*.j2"):
        text = path.read_text(encoding="utf-8")
        assert "safe" not in text.replace("unsafe-", ""), path
        assert "autoescape" not in text, path


def test_what_the_engine_met_on_its_way_is_told():
    probe = {"num_pairs": 256, "sign_agreement": 0.996, "spearman": 0.9999}
    engine = {
        "num_candidates": 1200,
        "num_seeds": 16,
        "estimator": "exact",
        "num_linears": {"dense": 6},
        "probe": probe,
    }
    assert "no gradient" not in engine_text(engine).lower()
    text = engine_text(engine | {"linears_without_gradient": ["mlp.up"], "pairs_with_special_strings": 1003})
    assert "No gradient reaches mlp.up, which add nothing." in text
    assert "1,003 candidates hold the string of a special token" in text
