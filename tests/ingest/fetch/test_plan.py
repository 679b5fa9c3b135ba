import shutil
from io import StringIO

import pytest
from rich.console import Console

from gdig.ingest.fetch.plan import Item, Wanted, make_plan, print_plan, remote_size, require_space, target_of
from tests.ingest.fetch.conftest import PATIENCE, noise
from tests.server import Fault, Page


def test_files_lie_by_host_and_path(tmp_path):
    assert target_of("https://Host.org/a/b.gz", tmp_path) == tmp_path / "host.org" / "a" / "b.gz"
    assert target_of("http://host.org:80/b.gz#x", tmp_path) == tmp_path / "host.org:80" / "b.gz"
    first, second = (target_of(f"https://host.org/get/b.gz?v={v}", tmp_path) for v in (1, 2))
    assert first != second
    assert first.parent == tmp_path / "host.org" / "get"
    assert first.name.endswith("-b.gz")


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("file:///etc/passwd", "no http or https URL; local files are sources of kind 'files'"),
        ("https:///a", "no http or https URL"),
        ("https://host.org", "must end with the name of a file"),
        ("https://host.org/a/", "must end with the name of a file"),
        ("https://host.org/../../a", "or '..'|'..'"),
        ("https://me:secret@host.org/a", "host.org: a URL with a password would end up in Git"),
    ],
)
def test_what_is_no_url_of_a_file_is_refused(tmp_path, url, message):
    with pytest.raises(ValueError, match=message):
        target_of(url, tmp_path)


@pytest.mark.parametrize(
    ("page", "size"),
    [
        (Page(noise(1000)), 1000),
        (Page(noise(1000), head=False), 1000),
        (Page(noise(1000), head=False, ranges=False), 1000),
        (Page(noise(1000), "chunked", head=False), 1000),
        (Page(noise(1000), "chunked", head=False, ranges=False), None),
        (Page(b"", head=False), 0),
    ],
)
def test_sizes_are_asked_for_as_each_server_can(site, page, size):
    site.pages["/a"] = page
    assert remote_size(f"{site.url}/a", PATIENCE) == size


def test_what_is_here_is_not_asked_for_and_what_is_begun_is_counted(site, tmp_path):
    site.pages["/begun"] = Page(noise(1000))
    here, begun = target_of(f"{site.url}/here", tmp_path), target_of(f"{site.url}/begun", tmp_path)
    here.parent.mkdir()
    here.write_bytes(noise(500))
    begun.with_name("begun.part").write_bytes(noise(300))
    wanted = [Wanted(f"{site.url}/{name}") for name in ("here", "begun")]
    items = make_plan(wanted, tmp_path, {}, PATIENCE)
    assert [(item.total, item.here, item.left) for item in items] == [(500, 500, 0), (1000, 300, 700)]
    assert {path for _, path, _ in site.requests} == {"/begun"}


def test_every_dead_link_is_reported_with_the_place_of_its_file(site, tmp_path):
    site.pages["/there"] = Page(b"text")
    site.pages["/closed"] = Page(b"text", head=False, faults=[Fault(403)])
    site.pages["/closed"].headers["Content-Type"] = "text/html"
    wanted = [Wanted(f"{site.url}/{name}") for name in ("gone", "there", "closed")]
    with pytest.raises(ValueError, match="nothing was fetched") as error:
        make_plan(wanted, tmp_path, {}, PATIENCE)
    host = site.url.removeprefix("http://")
    lines = str(error.value).splitlines()
    assert lines[1:3] == [
        f"  {site.url}/gone: the server answered 404 Not Found",
        f"    a file got by hand can be put at {tmp_path / host / 'gone'}; it is then checked like a download",
    ]
    assert lines[3].startswith(f"  {site.url}/closed: the server sent a web page and no file")
    assert len(lines) == 5


def test_a_file_that_is_not_as_long_as_locked_is_reported_in_the_plan(site, tmp_path):
    site.pages["/a"] = Page(noise(1000))
    with pytest.raises(ValueError, match="has 1000 bytes, but the lock says 999: the file has changed"):
        make_plan([Wanted(f"{site.url}/a")], tmp_path, {f"{site.url}/a": 999}, PATIENCE)


def test_what_the_disk_cannot_hold_is_refused_and_what_is_here_needs_no_space(tmp_path):
    free = shutil.disk_usage(tmp_path).free
    items = [Item("u", tmp_path / "a", free // 2), Item("u", tmp_path / "b", free), Item("u", tmp_path / "c", None)]
    with pytest.raises(ValueError, match=r"the disk has .* free, but .* are to be fetched; .*GDIG_DOWNLOADS"):
        require_space(items, tmp_path)
    require_space(items[:1] + items[2:], tmp_path / "not" / "yet" / "there")
    (tmp_path / "b").write_bytes(b"whole")
    require_space(items, tmp_path)


def test_the_plan_shows_sums_and_space(tmp_path):
    (tmp_path / "b.part").write_bytes(bytes(400))
    items = [Item("https://host/a", tmp_path / "a", 1000), Item("https://host/b", tmp_path / "b", 2000)]
    console = Console(width=200, record=True, file=StringIO())
    print_plan([*items, Item("https://host/c", tmp_path / "c", None)], tmp_path, console)
    text = console.export_text()
    last = next(line for line in text.splitlines() if "3 files" in line)
    assert "free on the disk" in last
    assert "3.0 kB and more" in last
    assert "400 bytes" in last
    assert "2.6 kB and more" in last
    assert "not said" in text
