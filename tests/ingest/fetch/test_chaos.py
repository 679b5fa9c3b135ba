"""Whatever servers do, and files on them become: what is in its place is one version of the file, whole."""

import os
from pathlib import Path
from random import Random

import pytest

from gdig.ingest.fetch.download import fetch
from gdig.ingest.fetch.plan import Wanted
from tests.ingest.fetch.conftest import PATIENCE, noise, packed
from tests.server import Fault, Page

NUM_SCENARIOS = 25


@pytest.mark.parametrize("seed", range(6))
def test_no_file_in_its_place_is_partial_or_mixed(site, seed):
    rng = Random(seed)
    fetched = refused = 0
    for number in range(NUM_SCENARIOS):
        suffix = rng.choice(["gz", "txt"])
        versions = [(packed if suffix == "gz" else noise)(rng.randrange(1, 120_000), 10 * seed + v) for v in (0, 1)]
        framing, mark, ranges = rng.choice(["length", "chunked", "open"]), rng.random() < 0.7, rng.random() < 0.7

        def page(version, count, framing=framing, mark=mark, ranges=ranges, versions=versions):
            data = versions[version]
            faults = [
                Fault(cut=rng.randrange(len(data))) if rng.random() < 0.7 else Fault(rng.choice([500, 503, 403, 404]))
                for _ in range(count)
            ]
            return Page(data, framing, f'"{version}"' if mark else None, ranges=ranges, faults=faults)

        path = f"/{number}.{suffix}"
        target = Path(os.environ["GDIG_DOWNLOADS"]) / site.url.removeprefix("http://") / path[1:]
        site.pages[path] = page(0, rng.randrange(6))
        for attempt in range(5):
            if attempt and rng.random() < 0.3:
                site.pages[path] = page(1, rng.randrange(6))
            try:
                fetch([Wanted(site.url + path)], f"p{number}", patience=PATIENCE)
            except ValueError:
                assert not target.exists()
                refused += 1
            else:
                assert target.read_bytes() in versions, (number, framing, mark, ranges)
                fetched += 1
                break
        else:
            # A plain file whose end nobody tells can never be taken.
            assert (suffix, framing) == ("txt", "open"), number
    assert fetched > NUM_SCENARIOS / 2
    assert refused
