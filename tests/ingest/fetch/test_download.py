import gzip
import json
import logging
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from hashlib import sha256
from pathlib import Path

import pytest
import requests

from gdig.config import UrlsSource
from gdig.ingest.fetch.__main__ import main
from gdig.ingest.fetch.download import fetch, wanted_by
from gdig.ingest.fetch.lock import Entry, read_lock
from gdig.ingest.fetch.plan import Wanted
from gdig.ingest.sources.corpora import read_seeds
from tests.conftest import ROOT
from tests.ingest.fetch.conftest import PATIENCE, noise, packed
from tests.server import Fault, Page

CHILD = """
import sys
from gdig.ingest.fetch.download import fetch
from gdig.ingest.fetch.plan import Wanted
try:
    print(*fetch([Wanted(sys.argv[1])], "p"))
except ValueError as error:
    sys.exit(str(error))
"""


def place(site, path):
    return Path(os.environ["GDIG_DOWNLOADS"]) / site.url.removeprefix("http://") / path.strip("/")


def get(site, *paths, sha256=None):
    return fetch([Wanted(site.url + path, sha256) for path in paths], "p", patience=PATIENCE)


def child(site, path, **options):
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen([sys.executable, "-c", CHILD, site.url + path], env=environment, **pipes, **options)


def hash_of(data):
    return sha256(data).hexdigest()


def leftovers(folder):
    return sorted(path.name for path in folder.rglob("*") if path.is_file() and path.suffix != ".lock")


def test_the_first_fetch_writes_the_lock_and_the_next_asks_for_nothing(site, capsys):
    site.pages |= {"/a/b.gz": Page(packed(1000)), "/c.txt": Page(b"text")}
    paths = get(site, "/a/b.gz", "/c.txt", "/a/b.gz")
    assert paths == [place(site, "a/b.gz"), place(site, "c.txt"), place(site, "a/b.gz")]
    assert paths[0].read_bytes() == packed(1000)
    assert read_lock("p") == {
        f"{site.url}/a/b.gz": Entry(len(packed(1000)), hash_of(packed(1000))),
        f"{site.url}/c.txt": Entry(4, hash_of(b"text")),
    }
    assert "2 files" in capsys.readouterr().err
    before, asked = Path("profiles/p.lock.json").read_bytes(), len(site.requests)
    assert get(site, "/a/b.gz", "/c.txt", "/a/b.gz") == paths
    assert Path("profiles/p.lock.json").read_bytes() == before
    assert len(site.requests) == asked
    assert leftovers(place(site, "")) == ["b.gz", "c.txt"]


def test_a_file_that_changes_is_never_taken_for_the_old_one(site):
    site.pages["/a.txt"] = Page(b"old")
    (path,) = get(site, "/a.txt")
    path.unlink()
    site.pages["/a.txt"] = Page(b"new")
    with pytest.raises(ValueError, match=r"p\.lock\.json says 3 bytes and .*; it is kept as .*a\.txt\.rejected"):
        get(site, "/a.txt")
    assert leftovers(path.parent) == ["a.txt.rejected"]
    site.pages["/a.txt"] = Page(b"newer")
    with pytest.raises(ValueError, match="has 5 bytes, but the lock says 3: the file has changed"):
        get(site, "/a.txt")
    site.pages["/a.txt"] = Page(b"old")
    assert get(site, "/a.txt")[0].read_bytes() == b"old"


def test_a_hash_of_the_profile_must_match(site):
    site.pages["/a.txt"] = Page(b"text")
    with pytest.raises(ValueError, match=rf"has sha256 {hash_of(b'text')}, but profile 'p' says 0000.*\n.*by hand"):
        get(site, "/a.txt", sha256="0" * 64)
    assert not place(site, "a.txt").exists()
    assert not Path("profiles/p.lock.json").exists()
    assert get(site, "/a.txt", sha256=hash_of(b"text"))[0].read_bytes() == b"text"
    with pytest.raises(ValueError, match="profile 'p' says sha256 0000.*lock.json says.*remove the one that is wrong"):
        get(site, "/a.txt", sha256="0" * 64)
    with pytest.raises(ValueError, match="the profile gives two hashes"):
        fetch([Wanted("https://host/a", "0" * 64), Wanted("https://host/a", "1" * 64)], "q")


def test_a_file_put_by_hand_is_checked_like_a_download(site):
    with pytest.raises(ValueError, match="404 Not Found") as error:
        get(site, "/a.gz")
    path = Path(str(error.value).rpartition(" can be put at ")[2].partition(";")[0])
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(packed(1000)[:-1])
    with pytest.raises(ValueError, match=rf"{path}: ends early.*remove {path} to fetch it again"):
        get(site, "/a.gz")
    path.write_bytes(packed(1000))
    assert get(site, "/a.gz") == [path]
    assert read_lock("p")[f"{site.url}/a.gz"].sha256 == hash_of(packed(1000))
    path.write_bytes(packed(1000, seed=1))
    with pytest.raises(ValueError, match=r"the file has changed since it was first fetched.*remove its entry"):
        get(site, "/a.gz")


def test_a_packed_file_that_is_damaged_on_the_server_is_not_locked(site):
    data = bytearray(packed(100_000))
    data[50_000] ^= 1
    site.pages["/a.gz"] = Page(bytes(data))
    with pytest.raises(ValueError, match=r"a\.gz\.part: damaged within the .*; it is kept as .*a\.gz\.rejected"):
        get(site, "/a.gz")
    assert not place(site, "a.gz").exists()
    assert not Path("profiles/p.lock.json").exists()


def test_nothing_is_fetched_where_not_everything_can_be_had(site):
    site.pages["/a.txt"] = Page(b"text")
    with pytest.raises(ValueError, match="nothing was fetched"):
        get(site, "/a.txt", "/b.txt")
    assert not place(site, "a.txt").exists()


def test_a_link_that_dies_after_the_plan_says_where_to_put_the_file(site):
    site.pages["/a.txt"] = Page(b"text", faults=[Fault(404)])
    with pytest.raises(ValueError, match=rf"404 Not Found\n +a file got by hand can be put at {place(site, 'a.txt')};"):
        get(site, "/a.txt")


def test_sources_of_other_kinds_are_passed_over(params):
    urls = UrlsSource(kind="urls", name="two", rows=1, url=["https://host/a", "https://host/b"])
    one = UrlsSource(kind="urls", name="one", rows=1, url="https://host/c", sha256="0" * 64)
    assert wanted_by([*params.pool.sources, urls, one]) == [
        Wanted("https://host/a"),
        Wanted("https://host/b"),
        Wanted("https://host/c", "0" * 64),
    ]


def test_own_seeds_are_fetched_with_the_rest_and_locked(site, params):
    """What the command line fetches is what stage seeds then reads, without a server."""
    site.pages["/seeds.tsv.gz"] = Page(gzip.compress(b"Gut.\tGood.\nNeu.\tNew.\n"))
    own = UrlsSource(kind="urls", name="trusted", url=f"{site.url}/seeds.tsv.gz", columns=[1, 2])
    seeds = params.seeds.model_copy(update={"sources": [own], "count": 2})
    wanted = wanted_by(params.model_copy(update={"seeds": seeds}).every_source)
    fetch(wanted, "p", patience=PATIENCE)
    assert read_lock("p")[own.url].sha256 == hash_of(site.pages.pop("/seeds.tsv.gz").data)
    pairs, provenance = read_seeds(seeds, "p")
    assert [(pair.id, pair.trg) for pair in pairs] == [("trusted-000000001", "Good."), ("trusted-000000002", "New.")]
    assert provenance["trusted"]["files"][0]["url"] == own.url


def test_killed_in_the_middle_it_goes_on_from_there(site):
    data = noise(400_000)
    site.pages["/a.txt"] = Page(data, seconds_a_block=0.2)
    part = place(site, "a.txt.part")
    process = child(site, "/a.txt")
    deadline = time.monotonic() + 60
    while not (part.exists() and part.stat().st_size > 50_000):
        assert time.monotonic() < deadline
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    came = part.stat().st_size
    assert 50_000 < came < len(data)
    assert not place(site, "a.txt").exists()
    site.pages["/a.txt"].seconds_a_block = 0
    assert get(site, "/a.txt")[0].read_bytes() == data
    assert site.gets("/a.txt")[-1] == f"bytes={came}-"
    assert leftovers(place(site, "")) == ["a.txt"]


def test_of_two_processes_one_fetches_and_the_other_waits(site):
    data = noise(100_000)
    site.pages["/a.txt"] = Page(data, seconds_a_block=0.3)
    processes = [child(site, "/a.txt") for _ in range(2)]
    outs = [process.communicate(timeout=60) for process in processes]
    assert [process.returncode for process in processes] == [0, 0], outs
    assert place(site, "a.txt").read_bytes() == data
    assert site.gets("/a.txt") == [None]


def test_a_full_disk_is_reported_and_what_came_is_kept(site):
    """No file may grow beyond 100,000 bytes, for the process that is started so."""
    data = noise(400_000)
    site.pages["/a.txt"] = Page(data)
    limit = (100_000, resource.RLIM_INFINITY)
    process = child(site, "/a.txt", preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, limit))
    _, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "a.txt.part: the disk is full after 100.0 kB of 400.0 kB (File too large); what came is kept" in err
    assert place(site, "a.txt.part").read_bytes() == data[:100_000]
    assert get(site, "/a.txt")[0].read_bytes() == data
    assert site.gets("/a.txt") == [None, "bytes=100000-"]


def test_a_file_system_that_is_full_is_reported(site, tmp_path):
    """On a file system of one megabyte, which the server did not let anybody foresee."""
    mounting = ["unshare", "--user", "--map-root-user", "--mount"]
    options = {"capture_output": True, "text": True, "timeout": 60}
    if not shutil.which("unshare") or subprocess.run([*mounting, "true"], check=False, **options).returncode:
        pytest.skip("this machine lets nobody mount")
    site.pages["/a.gz"] = Page(packed(4_000_000), "chunked", ranges=False)
    Path("small").mkdir()
    script = 'mount -t tmpfs -o size=1m none small && "$0" -c "$1" "$2"; ls small/*'
    environment = os.environ | {"PYTHONPATH": str(ROOT), "GDIG_DOWNLOADS": str(tmp_path / "small")}
    command = [*mounting, "sh", "-c", script, sys.executable, CHILD, f"{site.url}/a.gz"]
    done = subprocess.run(command, check=False, env=environment, **options)
    assert "the disk is full after 1.0 MB (No space left on device); what came is kept" in done.stderr
    assert "a.gz.part" in done.stdout


def test_a_disk_that_is_too_small_is_reported_before(site):
    free = shutil.disk_usage("/").free

    class Huge(bytes):
        def __len__(self):
            return 2 * free

    site.pages["/a.txt"] = Page(Huge(b""))
    with pytest.raises(ValueError, match="free, but .* are to be fetched"):
        get(site, "/a.txt")
    assert site.gets("/a.txt") == []


@pytest.fixture
def profile(site):
    shutil.copytree(ROOT / "profiles", "profiles")
    # With their comments: a profile is put over their text.
    for name in ("params.yaml", "selectors/params.yaml"):
        Path(name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, name)
    Path("profiles/web.yaml").write_text(
        "profile: web\npool:\n  valid: []\n  num_valid: 9\n"
        f"  sources:\n  - {{name: a, kind: urls, url: {site.url}/a.tsv, columns: [1, 2], weight: 1.0}}\n"
        f"  tests:\n  - {{name: b, kind: urls, url: ['{site.url}/b.de', '{site.url}/b.en']}}\n"
    )
    site.pages |= {path: Page(b"x\ty\n") for path in ("/a.tsv", "/b.de", "/b.en")}


def run(monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", ["fetch", *arguments])
    monkeypatch.setattr(logging, "basicConfig", lambda **_: None)
    main()


def test_command_line_fetches_what_a_profile_names(site, profile, monkeypatch, capsys):
    run(monkeypatch, "--profile", "web", "--dry-run")
    assert not [method for method, *_ in site.requests if method == "GET"]
    assert "3 files" in capsys.readouterr().err
    run(monkeypatch, "--profile", "web")
    assert capsys.readouterr().out.split() == [str(place(site, name)) for name in ("a.tsv", "b.de", "b.en")]
    assert len(json.loads(Path("profiles/web.lock.json").read_text())) == 3


def test_command_line_reads_params_and_tells_errors(site, profile, monkeypatch, capsys):
    run(monkeypatch)
    assert "profile 'embedded' names no URL" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        run(monkeypatch, "--profile", "none")
    assert "error: there is no profile 'none'" in capsys.readouterr().err
    del site.pages["/b.en"]
    with pytest.raises(SystemExit):
        run(monkeypatch, "--profile", "web")
    assert "b.en: the server answered 404 Not Found" in capsys.readouterr().err
    assert not requests.get(f"{site.url}/b.en", timeout=5).ok
