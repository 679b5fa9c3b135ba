"""The profiles of the paper, end to end from URL to raw pool, on small files of the documented shapes of the corpora.

What stands here of hosts, members and columns is written down once more, and not taken from the profiles.
"""

import gzip
import io
import re
import tarfile
import zipfile
from collections import Counter
from urllib.parse import urlsplit

import pytest

from gdig.config import parse_params
from gdig.ingest.fetch.download import wanted_by
from gdig.io.files import read_json
from gdig.io.records import read_pairs
from gdig.report.sections.data import sources_section
from gdig.run.paths import Paths
from gdig.tools import profile as profiles
from stages import pool
from tests.conftest import ROOT
from tests.server import Page

NUM_ROWS = 400
NUM_POOL = 300
LEAST_SCORE = 1.04


def text(language: str, corpus: str, number: int) -> str:
    return {
        "de": f"Dies ist der Satz Nr. {number} über Größe aus {corpus}.",
        "en": f"This is sentence no. {number} of {corpus}, about size.",
        "zh": f"这是来自{corpus}的第{number}个句子，关于大小。",
    }[language]


def score(number: int) -> float:
    """From 1.25 down, as WikiMatrix is sorted."""
    return 1.25 - 0.25 * number / NUM_ROWS


def lines(language: str, corpus: str, count: int = NUM_ROWS) -> bytes:
    return "".join(f"{text(language, corpus, number)}\n" for number in range(count)).encode()


def tsv(corpus: str, *columns: str, paragraphs: bool = False) -> bytes:
    rows = []
    for number in range(NUM_ROWS):
        rows.append("\t".join(f"{score(number):.6f}" if c == "score" else text(c, corpus, number) for c in columns))
        if paragraphs and number % 50 == 49:
            rows.append("\t")
    return gzip.compress("".join(f"{row}\n" for row in rows).encode(), mtime=0)


def zipped(members: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return stream.getvalue()


def flores() -> bytes:
    """All languages in one tar; dev is another split, of 997 sentences."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        for split, count in (("dev", 997), ("devtest", 1012)):
            for name, language in (("deu", "de"), ("eng", "en"), ("zho_simpl", "zh"), ("zho_trad", "zh")):
                data = lines(language, name if name == "zho_trad" else f"FLORES {split}", count)
                member = tarfile.TarInfo(f"flores101_dataset/{split}/{name}.{split}")
                member.size = len(data)
                archive.addfile(member, io.BytesIO(data))
    return stream.getvalue()


def wmt22() -> bytes:
    """The repository of all systems' outputs, as GitHub packs a tag; some sets have two references."""
    top = "wmt22-news-systems-1.2"
    members = {f"{top}/README.md": b"", f"{top}/xml/wmttest2022.de-en.all.xml": b"<dataset/>"}
    for source, count in (("de", 1984), ("zh", 1875)):
        name = f"generaltest2022.{source}-en"
        members |= {
            f"{top}/txt/sources/{name}.src.{source}": lines(source, "WMT22", count),
            f"{top}/txt/references/{name}.ref.A.en": lines("en", "WMT22", count),
            f"{top}/txt/references/{name}.ref.B.en": lines("en", "reference B", count),
            f"{top}/txt/system-outputs/{name}.hyp.Online-A.en": lines("en", "a system", count),
        }
    members[f"{top}/txt/sources/generaltest2022.en-de.src.en"] = lines("en", "the other direction", 2037)
    return zipped(members)


def un() -> bytes:
    sides = {f"UNPC.en-zh.{language}": lines(language, "UN") for language in ("en", "zh")}
    return zipped({"README": b"", "LICENSE": b"", **sides, "UNPC.en-zh.ids": b"\n" * NUM_ROWS})


NEWS = "https://data.statmt.org/wmt20/translation-task/back-translation/zh-en"
WIKI = "https://dl.fbaipublicfiles.com/laser/WikiMatrix/v1"
COMMENTARY = "https://data.statmt.org/news-commentary/v16/training"
EUROPARL = "https://www.statmt.org/europarl/v10/training/europarl-v10.de-en.tsv.gz"
PARACRAWL = "https://s3.amazonaws.com/web-language-models/paracrawl"
TESTS = {
    "https://github.com/wmt-conference/wmt22-news-systems/archive/refs/tags/v1.2.zip": wmt22,
    "https://dl.fbaipublicfiles.com/flores101/dataset/flores101_dataset.tar.gz": flores,
}
SMALL = {
    EUROPARL: lambda: tsv("Europarl", "de", "en"),
    f"{COMMENTARY}/news-commentary-v16.de-en.tsv.gz": lambda: tsv("News Commentary", "de", "en", paragraphs=True),
}
SERVED = {
    "de-en-small": TESTS | SMALL,
    "de-en": TESTS | SMALL | {
        f"{PARACRAWL}/release9/en-de/en-de.txt.gz": lambda: tsv("ParaCrawl", "en", "de"),
        f"{WIKI}/WikiMatrix.de-en.tsv.gz": lambda: tsv("WikiMatrix", "score", "de", "en"),
    },
    "zh-en": TESTS | {
        f"{PARACRAWL}/bonus/en-zh-v1.txt.gz": lambda: tsv("ParaCrawl", "en", "zh"),
        f"{COMMENTARY}/news-commentary-v16.en-zh.tsv.gz": lambda: tsv("News Commentary", "en", "zh", paragraphs=True),
        "https://object.pouta.csc.fi/OPUS-UNPC/v1.0/moses/en-zh.txt.zip": un,
        f"{WIKI}/WikiMatrix.en-zh.tsv.gz": lambda: tsv("WikiMatrix", "score", "en", "zh"),
        f"{NEWS}/news.en.gz": lambda: gzip.compress(lines("en", "news"), mtime=0),
        f"{NEWS}/news.translatedto.zh.gz": lambda: gzip.compress(lines("zh", "news"), mtime=0),
    },
}  # fmt: skip
PAIRS_OF_TESTS = {"de-en-small": 1984 + 1012, "de-en": 1984 + 1012, "zh-en": 1875 + 1012}


def small(name: str, host: str, monkeypatch):
    """Return a profile's params with fewer pairs, and every URL at another host, its path as it was."""
    with monkeypatch.context() as patch:
        patch.chdir(ROOT)
        values = profiles.values_of(name)
    values["pool"] |= {"num_pool": NUM_POOL, "num_heldout": 20, "num_valid": 10}
    values["seeds"] |= {"count": 10, "reserve": 5}
    values["budgets"] = [10]
    for source in [*values["pool"]["sources"], *values["pool"]["tests"]]:
        moved = [
            host + urlsplit(url).path for url in ([source["url"]] if isinstance(source["url"], str) else source["url"])
        ]
        source["url"] = moved if isinstance(source["url"], list) else moved[0]
    return parse_params(values, name)


@pytest.fixture
def serve(site):
    def start(name):
        site.pages |= {urlsplit(url).path: Page(build()) for url, build in SERVED[name].items()}
        return site.url

    return start


@pytest.mark.parametrize("name", SERVED)
def test_every_url_is_one_that_is_documented(name, monkeypatch):
    monkeypatch.chdir(ROOT)
    params = parse_params(profiles.values_of(name), name)
    assert {wanted.url for wanted in wanted_by(params.every_source)} == set(SERVED[name])


@pytest.mark.parametrize("name", SERVED)
@pytest.mark.parametrize("count", [128, 256, 512])
def test_the_numbers_of_seeds_of_the_paper_are_one_param(name, count, monkeypatch):
    monkeypatch.chdir(ROOT)
    values = profiles.values_of(name)
    values["seeds"]["count"] = count
    assert parse_params(values, name).seeds.count == count


@pytest.mark.parametrize("name", SERVED)
def test_the_raw_pool_is_made_of_every_source_with_the_sides_right(name, serve, site, monkeypatch):
    params = small(name, serve(name), monkeypatch)
    paths = Paths(profile=name)
    pool.main(params, paths)

    parts = {
        "pool": (paths.raw_pool, NUM_POOL),
        "heldout": (paths.raw_heldout, 20),
        "valid": (paths.raw_valid, 10),
        "test": (paths.raw_test, PAIRS_OF_TESTS[name]),
    }
    source = params.languages.source
    own = {
        "de": r"Dies ist der Satz Nr\. (\d+) über Größe aus (.+)\.",
        "zh": r"这是来自(.+)的第(\d+)个句子，关于大小。",
    }[source]
    for path, count in parts.values():
        pairs = read_pairs(path)
        assert len(pairs) == count
        for pair in pairs:
            src = re.fullmatch(own, pair.src)
            trg = re.fullmatch(r"This is sentence no\. (\d+) of (.+), about size\.", pair.trg)
            assert src and trg, pair
            assert set(src.groups()) == set(trg.groups()), pair
            if trg[2] == "WikiMatrix":
                assert score(int(trg[1])) >= LEAST_SCORE - 1e-6
    corpora = {re.search(r" of (.+), about", pair.trg)[1] for pair in read_pairs(paths.raw_test)}
    assert corpora == {"WMT22", "FLORES devtest"}

    drawn = Counter(pair.id.rpartition("-")[0] for pair in read_pairs(paths.raw_pool))
    weights = {source.name: source.weight for source in params.pool.sources}
    assert drawn == pytest.approx({name: NUM_POOL * weight for name, weight in weights.items()}, abs=1)

    provenance = read_json(paths.provenance)["sources"]
    told = {file["url"]: file["sha256"] for source in provenance.values() for file in source["files"]}
    lock = read_json(profiles.PROFILES / f"{name}.lock.json")
    assert told == {url: entry["sha256"] for url, entry in lock.items()}
    assert {urlsplit(url).path for url in lock} == set(site.pages)
    shown = sources_section({"sources": provenance})
    assert all(file["name"] in shown for source in provenance.values() for file in source["files"])


@pytest.mark.parametrize(
    ("path", "members", "message"),
    [
        ("/OPUS-UNPC/v1.0/moses/en-zh.txt.zip", {"UNPC.en-zh.en": lines("en", "UN")}, r"member '\*.zh' fits none"),
        (
            "/OPUS-UNPC/v1.0/moses/en-zh.txt.zip",
            {"UNPC.en-zh.en": lines("en", "UN"), "UNPC.en-zh.zh": lines("zh", "UN", NUM_ROWS - 1)},
            f"ends after {NUM_ROWS - 1} lines, but its partner",
        ),
        (
            "/wmt-conference/wmt22-news-systems/archive/refs/tags/v1.2.zip",
            {
                "wmt22-news-systems-1.2/txt/sources/generaltest2022.zh-en.src.zh": lines("zh", "WMT22", 1874),
                "wmt22-news-systems-1.2/txt/references/generaltest2022.zh-en.ref.A.en": lines("en", "WMT22", 1874),
            },
            "'wmt22' has 1874 good rows of 1874 .* 1875 are wanted",
        ),
    ],
)  # fmt: skip
def test_a_file_of_another_shape_is_reported(serve, site, monkeypatch, path, members, message):
    params = small("zh-en", serve("zh-en"), monkeypatch)
    site.pages[path] = Page(zipped(members))
    paths = Paths(profile="zh-en")
    with pytest.raises(ValueError, match=message):
        pool.main(params, paths)
    assert not paths.raw_pool.exists()
