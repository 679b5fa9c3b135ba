"""Score any file of translations against its references, and print JSON.

    python -m gdig.scoring --hypotheses out.en --references ref.en --target-language en
    python -m gdig.scoring --hypotheses out.en --references ref.en --sources src.de --source-language de \\
        --target-language en --comet Unbabel/wmt22-comet-da --bleurt lucadiliello/BLEURT-20

Files are plain text, one segment per line, ended by line feeds. BLEU and chrF are computed by sacreBLEU, 0 to 100, with
signatures; sanity counts are added. COMET and BLEURT models are local folders or ids of the hub (docs/scores.md);
COMET equals that of the comet-score command, 0 to 1.
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean

from gdig.config import Languages, Score
from gdig.config.languages import language_code
from gdig.config.mistakes import validated
from gdig.io.files import rounded
from gdig.io.records import Pair
from gdig.run.command import command
from gdig.run.requirements import check_tokeniser
from gdig.scoring.external import read_lines
from gdig.scoring.learned import Learned, learned_scores
from gdig.scoring.sanity import sanity
from gdig.scoring.surface import score, signatures


@command
def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m gdig.scoring", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--hypotheses", type=Path, required=True, metavar="FILE")
    parser.add_argument("--references", type=Path, required=True, metavar="FILE")
    parser.add_argument("--sources", type=Path, metavar="FILE", help="to count copies of them")
    parser.add_argument("--target-language", required=True, metavar="CODE", help="ISO 639: chooses BLEU's tokeniser")
    parser.add_argument("--source-language", metavar="CODE", help="ISO 639; default: any other than the target's")
    parser.add_argument("--comet", metavar="MODEL", help="also score with this COMET model; needs --sources")
    parser.add_argument("--bleurt", metavar="MODEL", help="also score with this BLEURT model")
    parser.add_argument("--batch-size", type=int, default=16, metavar="N", help="of those models; default: 16")
    options = parser.parse_args()
    target = _language("--target-language", options.target_language)
    source = _language("--source-language", options.source_language) if options.source_language else target
    check_tokeniser(f"--target-language {options.target_language}", target)
    languages = Languages(source=source, target=target)
    settings = _settings(options)
    hypotheses, references = read_lines(options.hypotheses), read_lines(options.references)
    sources = read_lines(options.sources) if options.sources else []
    for path, lines in ((options.references, references), (options.sources, sources)):
        if path and len(lines) != len(hypotheses):
            raise ValueError(
                f"{options.hypotheses} has {len(hypotheses)} lines, but {path} has {len(lines)}; they must be "
                f"aligned line by line"
            )
    for number, reference in enumerate(references, start=1):
        if not reference.strip():
            raise ValueError(f"{options.references}: line {number} is empty; no translation can be scored with it")
    if options.comet and not sources:
        raise ValueError("--comet: COMET reads the sources too; name their file with --sources")
    learned = _learned(settings, sources or [""] * len(references), hypotheses, references)
    result = {
        **score(hypotheses, references, target),
        **{metric: fmean(own["hypotheses"].values()) for metric, own in learned.segments.items()},
        **sanity(sources, hypotheses, references, languages),
        "num_segments": len(hypotheses),
        "signatures": signatures(hypotheses, references, target) | dict(learned.signatures),
    }
    print(json.dumps(rounded(result), indent=2, sort_keys=True, ensure_ascii=False))


def _language(option: str, code: str) -> str:
    try:
        return language_code(code)
    except ValueError as error:
        raise ValueError(f"{option}: {error}") from None


def _settings(options: argparse.Namespace) -> Score:
    if options.batch_size < 1:
        raise ValueError(f"--batch-size {options.batch_size}: must be at least 1")
    own = {"revision": None, "batch_size": options.batch_size}
    comet = None if options.comet is None else {"model": options.comet, "precision": "float16", **own}
    bleurt = None if options.bleurt is None else {"model": options.bleurt, **own}
    return validated(Score, {"comet": comet, "bleurt": bleurt}, "--comet, --bleurt")


def _learned(settings: Score, sources: Sequence[str], hypotheses: Sequence[str], references: Sequence[str]) -> Learned:
    pairs = [
        Pair(f"line-{number}", *both) for number, both in enumerate(zip(sources, references, strict=True), start=1)
    ]
    texts = {pair.id: text for pair, text in zip(pairs, hypotheses, strict=True)}
    return learned_scores(settings, pairs, {"hypotheses": texts})


if __name__ == "__main__":
    main()
