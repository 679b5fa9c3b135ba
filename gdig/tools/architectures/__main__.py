"""Write docs/architectures.md: build every causal architecture of transformers tiny, and run everything on it.

python -m gdig.tools.architectures            write the page; a few minutes
python -m gdig.tools.architectures llama ...  show what becomes of some, and write nothing
"""

import argparse
import logging
import warnings
from pathlib import Path

import torch
from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING_NAMES

from gdig.config import load_params
from gdig.io.files import write_text
from gdig.run.command import command
from gdig.run.progress import track
from gdig.tools.architectures.checks import outcome
from gdig.tools.architectures.page import page

PAGE = Path("docs", "architectures.md")


@command
def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m gdig.tools.architectures",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("kinds", nargs="*", metavar="MODEL_TYPE")
    kinds = parser.parse_args().kinds or sorted(MODEL_FOR_CAUSAL_LM_MAPPING_NAMES)
    # Each says of itself what does not matter here.
    logging.disable()
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    params = load_params(Path("params.yaml"))
    outcomes = [outcome(kind, params) for kind in track(kinds, total=len(kinds), label="architectures", unit="built")]
    if len(kinds) == len(MODEL_FOR_CAUSAL_LM_MAPPING_NAMES):
        write_text(PAGE, page(outcomes))
    else:
        print(page(outcomes))


if __name__ == "__main__":
    main()
