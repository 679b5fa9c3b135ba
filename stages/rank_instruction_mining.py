"""Rank by the validation loss that the rule fitted to runs predicts, lowest first: Instruction Mining."""

from gdig.config import Params
from gdig.io.files import read_json
from gdig.io.ranking import write_ranking
from gdig.run.paths import Paths
from gdig.selectors.mining import instruction_mining
from gdig.selectors.mining.columns import read_columns


def main(params: Params, paths: Paths, selector: str) -> None:
    """Run the stage."""
    columns = read_columns(paths.indicators, paths.rewards, paths.base_token_losses)
    rule = read_json(paths.mining_rule)
    losses = instruction_mining.predicted_losses(columns, rule["weights"], rule["intercept"])
    ranking = instruction_mining.rank(losses, params.rank_instruction_mining.seed)
    write_ranking(paths.ranking, ranking, losses)
