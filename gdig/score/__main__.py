"""Score any file of translations against its references, and print JSON.

    python -m gdig.score --hypotheses out.en --references ref.en --target-language en
    python -m gdig.score --hypotheses out.en --references ref.en --sources src.de --source-language de \\
        --target-language en

Files are plain text, a segment a line, ended by line feeds. BLEU and chrF are sacreBLEU's, 0 to 100, with signatures;
the counts beside them tell what no score shows.
"""

import argparse
import json
import sys
from pathlib import Path

from gdig.config import Languages
from gdig.files import rounded
from gdig.score.sanity import sanity
from gdig.score.surface import score, signatures


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m gdig.score", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--hypotheses", type=Path, required=True, metavar="FILE")
    parser.add_argument("--references", type=Path, required=True, metavar="FILE")
    parser.add_argument("--sources", type=Path, metavar="FILE", help="to count copies of them")
    parser.add_argument("--target-language", required=True, metavar="CODE", help="ISO 639-1: chooses BLEU's tokeniser")
    parser.add_argument("--source-language", metavar="CODE", help="ISO 639-1; default: any other than the target's")
    options = parser.parse_args()
    try:
        hypotheses, references = _lines(options.hypotheses), _lines(options.references)
        sources = _lines(options.sources) if options.sources else []
        for path, lines in ((options.references, references), (options.sources, sources)):
            if path and len(lines) != len(hypotheses):
                raise ValueError(
                    f"{options.hypotheses} has {len(hypotheses)} lines, but {path} has {len(lines)}; they must belong "
                    f"together line by line"
                )
        for number, reference in enumerate(references, start=1):
            if not reference.strip():
                raise ValueError(f"{options.references}: line {number} is empty; no translation can be scored with it")
        target = options.target_language
        languages = Languages(source=options.source_language or target, target=target)
        result = {
            **score(hypotheses, references, target),
            **sanity(sources, hypotheses, references, languages),
            "num_segments": len(hypotheses),
            "signatures": signatures(hypotheses, references, target),
        }
    except (ValueError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(1)
    print(json.dumps(rounded(result), indent=2, sort_keys=True, ensure_ascii=False))


def _lines(path: Path) -> list[str]:
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path}: invalid UTF-8 at byte {error.start}; convert the file to UTF-8") from None
    return [line.removesuffix("\r") for line in text.removesuffix("\n").split("\n")]


if __name__ == "__main__":
    main()
