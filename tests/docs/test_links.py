import pytest

from tests.conftest import ROOT
from tests.docs.markdown import anchors, links

PAGES = [*map(ROOT.joinpath, ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "data/README.md")),
         *sorted((ROOT / "docs").rglob("*.md"))]  # fmt: skip


def is_broken(page, link):
    if "://" in link:
        return False
    name, _, anchor = link.partition("#")
    target = (page.parent / name).resolve() if name else page
    return not target.exists() or bool(anchor and anchor not in anchors(target))


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_relative_link_leads_to_a_file_and_to_a_heading_of_it(page):
    assert [link for link in links(page) if is_broken(page, link)] == []


def test_the_index_lists_every_page():
    index = ROOT / "docs" / "README.md"
    pages = {path.relative_to(ROOT / "docs").as_posix() for path in (ROOT / "docs").rglob("*.md")} - {"README.md"}
    assert pages <= {link.partition("#")[0] for link in links(index)}
