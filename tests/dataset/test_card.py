import re
from dataclasses import replace

import pytest
import yaml

from gdig.config import Dataset, Languages, Quality, selector_names
from gdig.config.dataset import Licence
from gdig.config.ingest import EmbeddedSource, FilesSource, HubSource, UrlsSource
from gdig.dataset.card import card
from gdig.dataset.facts import Facts, File, public_name, public_seeds
from gdig.dataset.licences import identifiers, origins
from gdig.dataset.selection import SELECTORS, description_of
from gdig.dataset.summary import Summary, summarise
from gdig.tools.profile import names, values_of
from tests.conftest import PROMPT, ROOT

SOURCES = [
    UrlsSource(name="web", kind="urls", url="https://example.org/web.tsv.gz", weight=1.0),
    FilesSource(name="memory", kind="files", path="/home/me/memory.tmx", weight=1.0),
    HubSource(
        name="hub", kind="hub", dataset="a/b", revision="f" * 40, split="train", columns=["de", "en"], weight=1.0
    ),
]
LICENCES = [Licence(source="web", licence="CC0-1.0", url="https://example.org"), Licence(source="hub", licence="a | b")]
SETTINGS = Dataset(layouts=["jsonl", "parquet"], licences=LICENCES)
PROVENANCE = {
    "web": {"files": [{"name": "web.tsv.gz", "url": "https://example.org/web.tsv.gz", "sha256": "1" * 64}]},
    "memory": {"files": [{"name": "memory.tmx", "sha256": "2" * 64}]},
    "hub": {"dataset": "a/b", "revision": "f" * 40},
}
QUALITY = {"num_candidates": 9000, "num_seeds": 256, "num_strict": 5, "num_survivors": 2048, "min_survivors": 2000,
           "share_reached": 0.75}  # fmt: skip


@pytest.fixture
def facts(rows):
    return Facts(
        profile="mine",
        languages=Languages(source="no", target="en"),
        settings=SETTINGS,
        prompt=PROMPT,
        subsets=[
            Summary("random", 7, {"web": 4, "memory": 3}, 0.5),
            Summary("gdig", 7000, {"web": 7000}, 0.987),
            Summary("own", 7, {"web": 7}, 0.5),
        ],
        example=rows[0],
        origins=origins(SOURCES, SETTINGS),
        provenance={"sources": PROVENANCE},
        quality=QUALITY,
        noise_rate=0.5,
        tests=["wmt22", "flores"],
        decontaminated=True,
        params={"quality": Quality(min_survivors=None), "base": {"model": "x"}},
        files=[File("random/7.jsonl", 1234, "3" * 64)],
    )


def test_a_chat_is_told(facts):
    prompt = PROMPT.model_copy(update={"format": "chat", "system": "Sei genau."})
    told = "as the user's turn of the base model's chat template, behind a system turn that says 'Sei genau.', and"
    assert told in card(replace(facts, prompt=prompt))
    assert "chat template" not in card(facts)


def front_matter(text):
    return yaml.safe_load(text.split("---\n")[1])


def test_the_front_matter_names_a_config_for_each_subset_in_the_first_layout(facts):
    matter = front_matter(card(facts))
    assert matter["configs"] == [
        {"config_name": "random-7", "data_files": [{"split": "train", "path": "random/7.jsonl"}]},
        {"config_name": "gdig-7000", "data_files": [{"split": "train", "path": "gdig/7000.jsonl"}]},
        {"config_name": "own-7", "data_files": [{"split": "train", "path": "own/7.jsonl"}]},
    ]
    assert matter["language"] == ["no", "en"], "an unquoted no is false"
    assert matter["license"] == ["cc0-1.0", "other", "unknown"]
    assert matter["size_categories"] == ["1K<n<10K"]


def test_a_source_whose_licence_was_not_noted_is_unknown_and_no_path_of_this_machine_is_reported(facts):
    text = card(facts)
    assert "| web | urls | CC0-1.0 | https://example.org |" in text
    assert "| memory | files | unknown |  |" in text
    assert "| hub | hub | a \\| b |  |" in text
    assert f"| hub | a/b | `{'f' * 40}` |" in text
    assert f"| web | https://example.org/web.tsv.gz | `{'1' * 64}` |" in text
    assert f"| memory | memory.tmx | `{'2' * 64}` |" in text
    assert "/home" not in text


def test_the_card_tells_counts_precision_params_hashes_and_how_to_join_the_prompt(facts):
    text = card(facts)
    assert "| name | pairs | without planted noise | from web | from memory | from hub |" in text
    assert "| random-7 | 7 | 50.0% | 4 | 3 | 0 |" in text
    assert "| gdig-7000 | 7,000 | 98.7% | 7,000 | 0 | 0 |" in text
    assert "relaxed: 2,048 pairs pass, each of which helps 75.0% of the seeds or more" in text
    assert "test sets wmt22, flores were rejected" in text
    assert "**Noise was planted** in 50% of the pool" in text
    assert "min_survivors: null" in text
    assert f"| random/7.jsonl | 1,234 | `{'3' * 64}` |" in text
    assert 'Translate the following text into English.\n\nText:\n"She said "yes" and left."' in text
    assert "eprint    = {2405.12915}" in text
    assert "see `gdig/selectors/own.py`" in text


def test_what_does_not_hold_is_not_told(facts):
    plain = replace(
        facts,
        subsets=[Summary("random", 7, {"web": 7}, None)],
        origins=facts.origins[:1],
        noise_rate=0.0,
        decontaminated=False,
    )
    text = card(plain)
    assert "planted" not in text.partition("## Params")[0]
    assert "| random-7 | 7 |\n" in text
    assert "quality rule" not in text
    assert "were **not** rejected" in text


def test_the_rule_as_the_paper_has_it_is_not_said_to_be_relaxed(facts):
    text = card(replace(facts, quality=QUALITY | {"share_reached": 1}))
    assert "256 seed pairs; 5 do. 2,048 pairs pass.\n" in text


def test_text_of_the_grammar_has_the_licence_of_this_repository():
    found = origins([EmbeddedSource(name="grammar", kind="embedded")], Dataset(layouts=["jsonl"], licences=[]))
    assert [origin.licence for origin in found] == ["Apache-2.0"]
    assert identifiers(found) == ["apache-2.0"]
    assert "Apache License" in (ROOT / "LICENSE").read_text("utf-8")


def test_every_selector_of_the_profiles_is_described(monkeypatch):
    monkeypatch.chdir(ROOT)
    named = {name for profile in names() for name in values_of(profile)["selectors"]}
    assert named <= set(selector_names()) == set(SELECTORS)
    assert description_of("random").score is None
    assert re.search("gdig/selectors/own.py", description_of("own").how)


def test_a_subset_is_counted_as_it_is_read(rows):
    kinds = {row["id"]: "clean" for row in rows} | {"web-3": "shuffled", "other": "clean"}
    assert summarise("gdig", 7, iter(rows), kinds) == Summary("gdig", 7, {"mem-ory": 1, "web": 6}, 6 / 7)
    assert summarise("gdig", 7, rows, None).clean_share is None
    with pytest.raises(ValueError, match="subsets/gdig/8.jsonl has 7 pairs"):
        summarise("gdig", 8, rows, kinds)


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("scratch", "scratch"),
        ("meta-llama/Llama-2-7b-hf", "meta-llama/Llama-2-7b-hf"),
        ("../models/baichuan2-7b-base", "baichuan2-7b-base"),
        ("/home/me/models/own/", "own"),
    ],
)
def test_a_folder_is_named_by_its_last_part(model, name):
    assert public_name(model) == name


def test_own_seeds_are_told_by_name_and_drawn_ones_as_before(params):
    assert list(public_seeds(params.seeds)) == ["count", "reserve", "revision", "seed"]
    own = FilesSource(kind="files", name="trusted", path="/home/me/seeds.tsv")
    told = public_seeds(params.seeds.model_copy(update={"sources": [own]}))
    assert told["sources"] == ["trusted"]
    assert "/home" not in str(told)
