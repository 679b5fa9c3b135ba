import json

from markupsafe import Markup

from gdig.report.render import TEMPLATES, Table, embedded_json, render
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
