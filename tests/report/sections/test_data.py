from html.parser import HTMLParser

from gdig.report.sections.data import cleaning_section, filters_section, sources_section


class Tables(HTMLParser):
    """The cells of every table, row by row, the titles of what is folded, and headings."""

    def __init__(self, html):
        super().__init__()
        self.tables, self.titles, self._tag = [], [], ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self._tag = tag
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in ("td", "th"):
            self.tables[-1][-1].append("")

    def handle_endtag(self, tag):
        self._tag = ""

    def handle_data(self, data):
        if self._tag in ("td", "th"):
            self.tables[-1][-1][-1] += data
        elif self._tag in ("summary", "h2", "h3"):
            self.titles.append(data)


COPY = {"id": "web-7", "src": "<b>Ja</b> & so", "trg": "<script>x</script>"}
LEAK = {"id": "news-2", "src": "Gut", "trg": "Good", "matches": {"part": "test", "id": "wmt22-1"}}
REJECTS = {
    "pool": {
        "news": {"seen": 1500, "kept": 1400, "rejected": {"contaminated": 100}, "samples": {"contaminated": [LEAK]}},
        "web": {"seen": 20, "kept": 8, "rejected": {"copy": 12}, "samples": {"copy": [COPY]}},
    },
    "test": {"wmt22": {"seen": 3, "kept": 3, "rejected": {}, "samples": {}}},
    "base_text": {},
}


def test_one_table_per_part_with_corpora_rules_and_samples():
    html = cleaning_section(REJECTS)
    found = Tables(html)
    assert found.titles == ["Cleaning", "pool", "contaminated: 1 of 100", "copy: 1 of 12", "test"]
    assert found.tables == [
        [
            ["corpus", "seen", "kept", "contaminated", "copy"],
            ["news", "1,500", "1,400", "100", "0"],
            ["web", "20", "8", "0", "12"],
            ["all", "1,520", "1,408", "100", "12"],
        ],
        [["id", "source", "target", "as in"], ["news-2", "Gut", "Good", "test wmt22-1"]],
        [["id", "source", "target"], ["web-7", "<b>Ja</b> & so", "<script>x</script>"]],
        [["corpus", "seen", "kept"], ["wmt22", "3", "3"]],
    ]
    assert "<script>" not in html
    assert "<b>" not in html


def test_contamination_is_counted_by_the_part_that_has_the_text():
    matched = {"matched": {"contaminated": {"seeds": 88, "test": 12}}}
    html = cleaning_section({"pool": {"news": REJECTS["pool"]["news"] | matched, "web": REJECTS["pool"]["web"]}})
    assert "contaminated: 1 of 100 (88 as in seeds, 12 as in test)" in Tables(html).titles


def test_sources_with_their_unreadable_rows():
    provenance = {
        "sources": {
            "news": {
                "kind": "urls",
                "files": [{"name": "a.tsv.gz", "sha256": "0"}, {"name": "b", "sha256": "1"}],
                "rows": {"seen": 1000, "good": 990, "rejected": {"empty side": 10}},
                "rejects": {"empty side": [{"id": "news-9", "text": "<i>"}]},
                "taken": {"pool": 500, "valid": 12},
            },
            "dev": {"kind": "hub", "dataset": "a/b", "rows": {"seen": 5, "good": 5, "rejected": {}}, "rejects": {}},
        },
        "pairs": {"pool": 500},
    }
    html = sources_section(provenance)
    found = Tables(html)
    assert found.titles == ["Sources", "news: empty side, 10 rows"]
    assert found.tables == [
        [
            ["source", "kind", "files or dataset", "rows", "good", "taken", "empty side"],
            ["news", "urls", "a.tsv.gz, b", "1,000", "990", "512", "10"],
            ["dev", "hub", "a/b", "5", "5", "5", "0"],
        ],
        [["row", "readable part"], ["news-9", "<i>"]],
    ]
    assert "<i>" not in html


def test_the_grammar_has_no_sources():
    assert sources_section({"source": "embedded grammar", "families": ["a"], "pairs": {"pool": 1}}) == ""


def test_filters_say_what_they_drop_with_samples():
    filters = {
        "dual_ce": {"num_dropped": 1200, "num_by_it_alone": 800, "sample": [COPY]},
        "mine": {"num_dropped": 3, "num_by_it_alone": 0, "sample": []},
    }
    html = str(filters_section({"num_pool": 4000, "num_kept": 2797, "filters": filters}))
    page = Tables(html)
    assert "2,797 of 4,000 pairs pass" in html
    assert page.tables[0][1:] == [["dual cross-entropy", "1,200", "800"], ["mine", "3", "0"]]
    assert page.tables[1][1] == ["web-7", "<b>Ja</b> & so", "<script>x</script>"]
    assert "dropped by dual cross-entropy, a sample" in page.titles
    assert "<script>" not in html
    assert str(filters_section(None)) == ""
