from hashlib import sha256
from random import Random

import pytest
import requests

from gdig.ingest.fetch.transfer import Expected, transfer
from gdig.io.http import PROGRESS
from tests.ingest.fetch.conftest import PATIENCE, noise, packed
from tests.server import Fault, Page

UNKNOWN = Expected()


def fetched(site, path, tmp_path, expected=UNKNOWN):
    target = tmp_path / "in" / path.strip("/")
    with requests.Session() as session:
        return transfer(session, site.url + path, target, expected, PATIENCE)


@pytest.mark.parametrize("framing", ["length", "chunked", "open"])
@pytest.mark.parametrize("ranges", [True, False])
@pytest.mark.parametrize("proof", ["packed", "hash"])
def test_cut_at_any_byte_the_right_file_comes(site, tmp_path, framing, ranges, proof):
    data = packed(150_000) if proof == "packed" else noise(150_000)
    expected = Expected() if proof == "packed" else Expected(sha256=sha256(data).hexdigest())
    suffix = "gz" if proof == "packed" else "txt"
    cuts = [0, len(data) - 1, *Random(4).sample(range(1, len(data) - 1), 18)]
    for number, cut in enumerate(cuts):
        page = site.pages[f"/{number}.{suffix}"] = Page(data, framing, ranges=ranges, faults=[Fault(cut=cut)])
        part = fetched(site, f"/{number}.{suffix}", tmp_path, expected)
        assert part.path.read_bytes() == data, cut
        assert not page.faults
        assert not part.target.exists()
        resumed = [wanted for wanted in site.gets(f"/{number}.{suffix}") if wanted]
        # Of a chunked body what stands before the cut in its last block is lost.
        assert (resumed == [f"bytes={cut}-"]) if cut and framing != "chunked" else len(resumed) <= 1


def test_cut_many_times_it_goes_on_as_long_as_bytes_come(site, tmp_path):
    data = noise(12 * PROGRESS)
    site.pages["/a"] = Page(data, faults=[Fault(cut=PROGRESS)] * (2 * PATIENCE.tries))
    assert fetched(site, "/a", tmp_path).path.read_bytes() == data


def test_a_server_that_gives_nothing_is_given_up(site, tmp_path):
    site.pages["/a"] = Page(noise(1000), faults=[Fault(cut=10)] * 99)
    with pytest.raises(ValueError, match="cut after 40 of 1000 bytes|cut after 40 bytes: .*given up after 4 tries"):
        fetched(site, "/a", tmp_path)
    assert len(site.gets("/a")) == PATIENCE.tries


def test_a_stalled_connection_is_left_and_resumed(site, tmp_path):
    site.pages["/a"] = Page(noise(100_000), block=1000, faults=[Fault(stall=40_000)])
    part = fetched(site, "/a", tmp_path)
    assert part.path.read_bytes() == noise(100_000)
    assert len(site.gets("/a")) == 2


@pytest.mark.parametrize("status", [500, 503, 429, 408])
def test_what_passes_is_tried_again(site, tmp_path, status):
    site.pages["/a"] = Page(b"text", faults=[Fault(status)] * 3)
    assert fetched(site, "/a", tmp_path).path.read_bytes() == b"text"


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_what_does_not_pass_fails_at_once(site, tmp_path, status):
    site.pages["/a"] = Page(b"text", faults=[Fault(status)] * 3)
    with pytest.raises(ValueError, match=rf"{site.url}/a: the server answered {status}"):
        fetched(site, "/a", tmp_path)
    assert len(site.gets("/a")) == 1


def test_redirects_are_followed_also_when_resuming(site, tmp_path):
    data = noise(50_000)
    site.pages["/there"] = Page(data, faults=[Fault(cut=20_000)])
    site.pages["/here"] = Page(b"", faults=[Fault(302, {"Location": "/there"})] * 2)
    assert fetched(site, "/here", tmp_path).path.read_bytes() == data
    assert site.gets("/there") == [None, "bytes=20000-"]


def test_a_dead_link_behind_a_redirect_names_both(site, tmp_path):
    site.pages["/here"] = Page(b"", faults=[Fault(302, {"Location": "/gone"})])
    with pytest.raises(ValueError, match=r"/here: the server answered 404 Not Found at .*/gone"):
        fetched(site, "/here", tmp_path)


def test_a_loop_of_redirects_ends(site, tmp_path):
    site.pages["/a"] = Page(b"", faults=[Fault(302, {"Location": "/a"})] * 99)
    with pytest.raises(ValueError, match="/a: Exceeded 30 redirects"):
        fetched(site, "/a", tmp_path)


@pytest.mark.parametrize("kept", ["version", "modified", "nothing"])
@pytest.mark.parametrize("marks_ranges", [True, False])
def test_a_file_that_changed_meanwhile_is_begun_anew(site, tmp_path, kept, marks_ranges):
    """Also by a server that has no mark of versions: without one, nothing is resumed."""
    marks = {
        "version": ({"version": '"1"'}, {"version": '"2"'}),
        "modified": ({"version": 'W/"1"', "modified": "Mon, 01 Jan 2024 00:00:00 GMT"},
                     {"version": 'W/"1"', "modified": "Tue, 02 Jan 2024 00:00:00 GMT"}),
        "nothing": ({"version": None}, {"version": None}),
    }[kept]  # fmt: skip
    old, new = noise(60_000, 1), noise(60_000, 2)
    site.pages["/a"] = Page(old, faults=[Fault(cut=30_000)] + [Fault(500)] * 9, **marks[0])
    with pytest.raises(ValueError, match="500"):
        fetched(site, "/a", tmp_path)
    site.pages["/a"] = Page(new, marks_ranges=marks_ranges, **marks[1])
    assert fetched(site, "/a", tmp_path).path.read_bytes() == new


@pytest.mark.parametrize("how", ["version", "total", "start"])
def test_a_server_that_ignores_if_range_is_found_out(site, tmp_path, how):
    data = noise(60_000, 2)
    site.pages["/a"] = Page(noise(60_000, 1), faults=[Fault(cut=30_000)] + [Fault(500)] * 9)
    with pytest.raises(ValueError, match="500"):
        fetched(site, "/a", tmp_path)
    wrong = {"version": "bytes 30000-59999/60000", "total": "bytes 30000-60999/61000", "start": "bytes 0-59999/60000"}
    headers = {"Content-Range": wrong[how], "Content-Length": "0", "ETag": '"2"' if how == "version" else '"1"'}
    site.pages["/a"] = Page(data, faults=[Fault(206, headers)])
    assert fetched(site, "/a", tmp_path).path.read_bytes() == data
    assert site.gets("/a")[-2:] == ["bytes=30000-", None]


def test_a_part_longer_than_the_file_is_begun_anew(site, tmp_path):
    site.pages["/a"] = Page(noise(60_000, 1), faults=[Fault(cut=30_000)] + [Fault(500)] * 9)
    with pytest.raises(ValueError, match="500"):
        fetched(site, "/a", tmp_path)
    site.pages["/a"] = Page(noise(20_000, 2))
    assert fetched(site, "/a", tmp_path).path.read_bytes() == noise(20_000, 2)


def test_a_file_that_shrank_to_the_part_is_begun_anew(site, tmp_path):
    """A server that ignores If-Range answers that nothing is missing."""
    site.pages["/a"] = Page(noise(60_000, 1), faults=[Fault(cut=30_000)] + [Fault(500)] * 9)
    with pytest.raises(ValueError, match="500"):
        fetched(site, "/a", tmp_path)
    site.pages["/a"] = Page(noise(30_000, 2), faults=[Fault(416, {"Content-Range": "bytes */30000"})])
    assert fetched(site, "/a", tmp_path).path.read_bytes() == noise(30_000, 2)


def test_a_partial_answer_that_does_not_say_the_length_proves_nothing(site, tmp_path):
    """Servers may give less than the rest that was asked for."""
    page = site.pages["/a.txt"] = Page(noise(60_000), "chunked", block=1000, faults=[Fault(cut=30_000)])
    page.faults.append(Fault(206, {"Content-Range": "bytes 30000-30000/*", "Transfer-Encoding": "chunked"}))
    with pytest.raises(ValueError, match="does not send the length of the file"):
        fetched(site, "/a.txt", tmp_path)


def test_a_part_that_is_complete_is_not_fetched_again(site, tmp_path):
    site.pages["/a"] = Page(noise(1000))
    fetched(site, "/a", tmp_path)
    fetched(site, "/a", tmp_path)
    assert site.gets("/a") == [None]


def test_an_end_that_proves_nothing_is_refused(site, tmp_path):
    site.pages["/a.txt"] = Page(b"one\ntwo\n", "open")
    with pytest.raises(ValueError, match=r"does not send the length of the file.*give its sha256 in the profile"):
        fetched(site, "/a.txt", tmp_path)
    assert fetched(site, "/a.txt", tmp_path, Expected(bytes=8)).path.read_bytes() == b"one\ntwo\n"


def test_an_open_end_between_two_packed_streams_is_refused(site, tmp_path):
    site.pages["/a.gz"] = Page(packed(1000, 1) + packed(1000, 2), "open")
    with pytest.raises(ValueError, match="has 2 compressed streams, so truncation between them cannot be detected"):
        fetched(site, "/a.gz", tmp_path)


def test_an_open_end_that_the_server_confirms_is_an_end(site, tmp_path):
    """Whether it is the right file is then for others to say."""
    site.pages["/a.txt"] = Page(b"text", "open")
    assert fetched(site, "/a.txt", tmp_path, Expected(sha256="0" * 64)).path.read_bytes() == b"text"
    assert site.gets("/a.txt") == [None, "bytes=4-"]


def test_an_open_end_with_the_wrong_hash_is_refused(site, tmp_path):
    site.pages["/a.txt"] = Page(b"text", "open", ranges=False)
    with pytest.raises(ValueError, match="what came has sha256 982d9e3eb996f559.*cut, or another file"):
        fetched(site, "/a.txt", tmp_path, Expected(sha256="0" * 64))


def test_a_size_other_than_locked_is_reported_before_anything_comes(site, tmp_path):
    site.pages["/a"] = Page(noise(1000))
    with pytest.raises(ValueError, match="the server has 1000 bytes, but 999 bytes are expected: the file has changed"):
        fetched(site, "/a", tmp_path, Expected(bytes=999))
    assert not list(tmp_path.rglob("*.part"))


def test_what_is_packed_stays_packed(site, tmp_path):
    """Servers label .gz files as packed on the way, which clients then unpack."""
    data = packed(10_000)
    site.pages["/a.gz"] = Page(data, headers={"Content-Encoding": "x-gzip"})
    site.pages["/a.txt"] = Page(data, headers={"Content-Encoding": "gzip"})
    assert fetched(site, "/a.gz", tmp_path).path.read_bytes() == data
    with pytest.raises(ValueError, match=r"compresses the response \(gzip\) although it was asked not to"):
        fetched(site, "/a.txt", tmp_path)


@pytest.mark.parametrize("kind", ["text/html; charset=utf-8", "Text/HTML"])
def test_a_web_page_is_no_file(site, tmp_path, kind):
    site.pages["/a.tsv"] = Page(b"<html>Please log in</html>", headers={"Content-Type": kind})
    with pytest.raises(ValueError, match="sent a web page and no file"):
        fetched(site, "/a.tsv", tmp_path)


def test_an_empty_file_is_a_file(site, tmp_path):
    site.pages["/a"] = Page(b"")
    assert fetched(site, "/a", tmp_path).path.read_bytes() == b""
