import pytest

from gdig.tools.humaneval.results import results
from gdig.tools.humaneval.take import Answer
from tests.tools.humaneval.conftest import answers_of, campaign, segments


def results_of(key, rule, keep=lambda item: True):
    said = answers_of(key, rule)
    return results(key, [Answer(item, said[item.id], "") for item in key.items if keep(item)])


def number(item):
    return int(item.segment.removeprefix("test-"))


def by_number(item):
    """Ten wins, fifteen ties, five losses."""
    return "ours" if number(item) < 10 else None if number(item) < 25 else "theirs"


def test_sides_are_undone():
    comparison = results_of(campaign(), by_number)["comparisons"]["theirs"]
    assert comparison["judgements"] == {"win": 10, "tie": 15, "lose": 5}
    assert comparison["share"]["win"]["value"] == pytest.approx(1 / 3)


def test_repeats_tell_of_the_rater_and_count_once():
    key = campaign(repeats=0.33)

    def fickle(item):
        return "theirs" if item.is_repeat else "ours"

    found = results_of(key, fickle)
    assert found["comparisons"]["theirs"]["judgements"] == {"win": 30, "tie": 0, "lose": 0}
    assert found["self_agreement"]["choice"]["share"] == 0
    assert results_of(key, by_number)["self_agreement"]["choice"] == {
        "units": 10, "share": 1, "share_by_rater": {"1": 1}, "cohen_kappa": 1
    }  # fmt: skip
    assert results_of(campaign(repeats=0), by_number)["self_agreement"]["choice"] is None


def test_a_rater_who_looks_at_the_side_alone_is_seen():
    found = results_of(campaign(repeats=0.33), lambda item: item.order[0])
    assert (found["side"]["left"], found["side"]["right"]) == (40, 0)
    assert found["side"]["p"] < 1e-10
    assert found["self_agreement"]["choice"]["share"] == 0


def test_raters_agree_and_disagree():
    key = campaign(raters=2, repeats=0)
    same = results_of(key, by_number)
    assert same["agreement"]["choice"]["krippendorff_alpha"] == same["agreement"]["choice"]["cohen_kappa"] == 1
    assert same["comparisons"]["theirs"]["judgements"] == {"win": 20, "tie": 30, "lose": 10}
    opposed = results_of(key, lambda item: "ours" if item.rater == 1 else "theirs")
    assert opposed["agreement"]["choice"]["share"] == 0
    assert opposed["comparisons"]["theirs"]["segments"] == {"win": 0, "tie": 30, "lose": 0}
    assert opposed["comparisons"]["theirs"]["sign_test"]["p"] == 1


def test_segments_translated_alike_are_ties_in_proportion_to_what_was_judged():
    items = [
        segment.model_copy(update={"hypotheses": {"ours": "same", "theirs": "same"}}) if n < 10 else segment
        for n, segment in enumerate(segments())
    ]
    key = campaign(items, repeats=0)
    whole = results_of(key, lambda item: "ours")
    assert whole["segments"] == {"drawn": 30, "judged": 20, "equal": 10}
    assert whole["comparisons"]["theirs"]["segments"] == {"win": 20, "tie": 10, "lose": 0}
    half = results_of(key, lambda item: "ours", lambda item: number(item) % 2)
    assert half["comparisons"]["theirs"]["segments"] == {"win": 10, "tie": 5, "lose": 0}
    assert half["agreement"]["choice"] is None


def test_marks_are_means_over_segments_of_means_over_raters():
    key = campaign(systems=("ours", "theirs", "third"), raters=2, repeats=0)

    def rule(item):
        return {"ours": (5, 4) if item.rater == 1 else (4, 3), "theirs": (3, 3), "third": (5, 4)}

    found = results_of(key, rule)
    means = {
        system: [marks[name]["value"] for name in ("adequacy", "fluency", "score")]
        for system, marks in found["ratings"].items()
    }
    assert means == {"ours": [4.5, 3.5, 4.0], "theirs": [3, 3, 3], "third": [5, 4, 4.5]}
    against = found["comparisons"]
    assert list(against) == ["theirs", "third"]
    assert against["theirs"]["judgements"] == {"win": 60, "tie": 0, "lose": 0}
    assert against["third"]["judgements"] == {"win": 0, "tie": 30, "lose": 30}
    assert against["theirs"]["difference"]["score"]["value"] == 1
    assert against["theirs"]["difference"]["score"]["p"] < 1e-6
    assert against["theirs"]["difference"]["score"]["p_holm"] == 2 * against["theirs"]["difference"]["score"]["p"]
    assert found["agreement"]["adequacy"]["units"] == 90
    assert found["agreement"]["adequacy"]["share"] == pytest.approx(2 / 3)


def test_a_rating_that_tells_systems_apart_by_nothing():
    found = results_of(campaign(kind="rating"), lambda item: {"ours": (3, 3), "theirs": (3, 3)})
    difference = found["comparisons"]["theirs"]["difference"]["score"]
    assert (difference["value"], difference["p"], difference["p_holm"]) == (0, 1, 1)
    assert found["self_agreement"]["fluency"]["cohen_kappa"] is None


def test_comments_are_kept_with_their_segment():
    key = campaign(count=3, repeats=0)
    said = answers_of(key, by_number)
    answers = [Answer(item, said[item.id], "odd" if item is key.items[0] else "") for item in key.items]
    assert results(key, answers)["comments"] == [{"rater": 1, "segment": key.items[0].segment, "comment": "odd"}]
