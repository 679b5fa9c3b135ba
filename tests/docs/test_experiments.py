"""What the page on experiments advises for failed ones."""

import re

from tests.conftest import ROOT


def test_no_table_of_experiments_shows_failed_ones_with_scores_of_others():
    """DVC lists a failed experiment of its queue with the metrics of the commit that it began at."""
    text = "\n".join(path.read_text(encoding="utf-8") for path in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")])
    commands = re.findall(r"^    dvc exp show(?:.*\\\n)*.*$", text, re.MULTILINE)
    assert len(commands) >= 2
    assert [command for command in commands if "--hide-failed" not in command] == []
    # The column that says which are still to run.
    assert [command for command in commands if re.search(r"--drop '[^']*State", command)] == []
