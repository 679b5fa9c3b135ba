"""Have a judge say something of every candidate: a rating, tags, or complexity and quality.

The judge is any model behind an OpenAI-compatible endpoint (judge.base_url), or a rule-based stand-in that is served
on this machine. Answers are kept as they come, outside the outputs, and none is asked for twice; progress and time left
are told on the way, and what it will cost before it starts. The endpoint's key comes from the environment.
"""

from gdig.config import Params
from gdig.io.files import write_json
from gdig.io.folders import scratch_root
from gdig.io.records import read_pairs, write_rows
from gdig.run.paths import Paths
from gdig.selectors.judge.questions import read_prompt
from gdig.selectors.judge.run import judge
from gdig.selectors.judge.store import read_replies, write_replies


def main(params: Params, paths: Paths, kind: str) -> None:
    """Run the stage."""
    given = {} if params.judge.answers == "none" else read_replies(paths.judge_answers_given)
    judged = judge(
        read_pairs(paths.pool),
        kind,
        read_prompt(paths.judge_prompt),
        params.prompt.target_language,
        params.judge,
        given,
        scratch_root() / "judge",
    )
    write_rows(paths.judged, judged.rows)
    write_replies(paths.judge_answers, judged.replies)
    write_json(paths.judge_counts, judged.counts)
