"""PIR against the number of pairs, as rows that `dvc plots` draws with the template of the budget curve."""

from gdig.report.budget_points import Point
from gdig.report.selectors import label_of
from gdig.report.survey import Survey


def efficiency_points(survey: Survey) -> list[Point]:
    """Return a row for each form of PIR, selector and budget: the mean, and one standard deviation to both sides."""
    found = []
    for title, comparison in survey.shown().items():
        for own in comparison.points:
            spread = own.sd or 0.0
            low, high = (None, None) if own.sd is None else (own.pir - spread, own.pir + spread)
            mean, low, high = (None if value is None else round(value, 4) for value in (own.pir, low, high))
            assert mean is not None
            found.append(Point(own.selector, label_of(own.selector), title, own.budget, mean, low, high))
    return found
