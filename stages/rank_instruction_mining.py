"""Rank by the validation loss that the rule fitted to runs predicts, lowest first: Instruction Mining."""

from gdig import stage
from gdig.config import Params
from gdig.files import read_json
from gdig.paths import Paths
from gdig.ranking import write_ranking
from gdig.regression.table import read_columns
from gdig.selectors import instruction_mining


def main(params: Params, paths: Paths, selector: str) -> None:
    """Run the stage."""
    columns = read_columns(paths.indicators, paths.rewards, paths.base_token_losses)
    rule = read_json(paths.mining_rule)
    losses = instruction_mining.predicted_losses(columns, rule["weights"], rule["intercept"])
    ranking = instruction_mining.rank(losses, params.rank_instruction_mining.seed)
    write_ranking(paths.ranking, ranking, losses)


if __name__ == "__main__":
    stage.run(main)
