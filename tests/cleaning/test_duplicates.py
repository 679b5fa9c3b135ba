import pytest

from gdig.cleaning.duplicates import Index, _bands, signature
from gdig.config import NearDuplicates
from gdig.io.records import Pair

SETTINGS = NearDuplicates(min_similarity=0.7, num_permutations=128, seed=1)
PAIRS = {
    "de": Pair(
        "de-1",
        "Dieses Hotel in Lissabon bietet 120 Zimmer mit kostenfreiem WLAN und Frühstück.",
        "This hotel in Lisbon has 120 rooms with free wireless internet and breakfast.",
    ),
    "zh": Pair(
        "zh-1",
        "本公司成立于一九九八年，主要生产各种规格的不锈钢螺丝和螺母，产品远销欧美。",
        "Founded in 1998, our company makes stainless steel screws and nuts of every size for export.",
    ),
}


@pytest.mark.parametrize("seed", range(3))
def test_lines_of_a_template_are_found_and_other_lines_are_not(seed):
    settings = SETTINGS.model_copy(update={"seed": seed})
    index = Index(settings)
    for pair in PAIRS.values():
        assert index.find(signature(pair, settings)) is None
        index.add(pair.id, signature(pair, settings))
    hotel = Pair("x", PAIRS["de"].src.replace("120", "85"), PAIRS["de"].trg.replace("120", "85").upper())
    screws = Pair("x", PAIRS["zh"].src.replace("九八", "八七"), PAIRS["zh"].trg.replace("1998", "1987"))
    other = Pair("x", "Dieses Haus in Porto hat nur 12 Zimmer, aber einen Garten.", "A house in Porto with a garden.")
    half = Pair("x", PAIRS["de"].src, "Nothing of what stands on the other side is told in this translation at all.")
    assert index.find(signature(hotel, settings)) == "de-1"
    assert index.find(signature(screws, settings)) == "zh-1"
    assert index.find(signature(other, settings)) is None
    assert index.find(signature(half, settings)) is None


def test_the_most_similar_is_named_and_the_first_of_equals():
    index = Index(SETTINGS)
    pair = PAIRS["de"]
    for name, number in (("far", "1"), ("same", "120"), ("again", "120")):
        changed = Pair(name, pair.src.replace("120", number), pair.trg)
        index.add(name, signature(changed, SETTINGS))
    assert index.find(signature(pair, SETTINGS)) == "same"


@pytest.mark.parametrize("similarity", [0.05, 0.5, 0.8, 0.95, 1.0])
@pytest.mark.parametrize("permutations", [16, 64, 128])
def test_pairs_that_are_just_similar_enough_are_not_lost_by_the_index(similarity, permutations):
    settings = NearDuplicates(min_similarity=similarity, num_permutations=permutations, seed=1)
    bands, length = _bands(settings)
    assert bands >= 2
    assert bands * length <= permutations
    assert length == 1 or 1 - (1 - similarity**length) ** bands >= 0.9
    index = Index(settings)
    index.add("de-1", signature(PAIRS["de"], settings))
    assert index.find(signature(PAIRS["de"], settings)) == "de-1"


def test_texts_shorter_than_a_shingle():
    index = Index(SETTINGS)
    index.add("a", signature(Pair("a", "ja", "y"), SETTINGS))
    assert index.find(signature(Pair("b", "Ja!", "Y."), SETTINGS)) == "a"
    assert index.find(signature(Pair("b", "no", "n"), SETTINGS)) is None
