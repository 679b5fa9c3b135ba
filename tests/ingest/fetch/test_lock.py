import json
from pathlib import Path
from threading import Thread

import pytest

from gdig.ingest.fetch.lock import Entry, add_to_lock, read_lock

HASH = "ab" * 32


def test_entries_come_back_and_bytes_do_not_depend_on_their_order(tmp_path, monkeypatch):
    written = []
    for order in (["b", "a"], ["a", "b"]):
        monkeypatch.chdir(tmp_path)
        Path("profiles/p.lock.json").unlink(missing_ok=True)
        for url in order:
            add_to_lock("p", f"https://host/{url}", Entry(7, HASH))
        written.append(Path("profiles/p.lock.json").read_bytes())
    assert written[0] == written[1]
    assert read_lock("p") == {"https://host/a": Entry(7, HASH), "https://host/b": Entry(7, HASH)}


def test_a_profile_without_a_lock_has_no_entries(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert read_lock("p") == {}


def test_entries_written_side_by_side_are_all_kept(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    threads = [Thread(target=add_to_lock, args=("p", f"https://host/{n}", Entry(n, HASH))) for n in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {entry.bytes for entry in read_lock("p").values()} == set(range(20))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "p.lock.json: not JSON"),
        ("[]", "must be an object of URLs"),
        (json.dumps({"u": {"bytes": 1}}), "u: must have bytes and a sha256"),
        (json.dumps({"u": {"bytes": "1", "sha256": HASH}}), "u: must have bytes and a sha256"),
        (json.dumps({"u": {"bytes": 1, "sha256": HASH[1:]}}), "u: must have bytes and a sha256"),
    ],
)
def test_a_damaged_lock_is_reported(tmp_path, monkeypatch, text, message):
    monkeypatch.chdir(tmp_path)
    Path("profiles").mkdir()
    Path("profiles/p.lock.json").write_text(text)
    with pytest.raises(ValueError, match=f"{message}.*restore it from Git"):
        read_lock("p")
