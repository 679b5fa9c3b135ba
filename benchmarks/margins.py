"""Check the README's claims against the metrics of the last `dvc repro` of the embedded default.

    python -m benchmarks.margins

Margins are wide, because models trained on another kind of processor differ in the last digits. Exit code 1 and a
line for every claim that fails.
"""

import json
import sys
from pathlib import Path

METRICS = Path("metrics/embedded")
MIN_GAIN_OVER_RANDOM = 5.0
MIN_PRECISION = 0.95


def main() -> None:
    """Print every claim with its figure."""
    metrics = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in METRICS.glob("*.json")}
    claims = []
    for budget, values in metrics["gdig"].items():
        gain = values["bleu"]["mean"] - metrics["random"][budget]["bleu"]["mean"]
        claims.append(
            (
                f"{budget}: BLEU over random {gain:+.1f}, wanted {MIN_GAIN_OVER_RANDOM:+.1f}",
                gain >= MIN_GAIN_OVER_RANDOM,
            )
        )
    smallest = min(metrics["gdig"])
    gain = metrics["gdig"][smallest]["bleu"]["mean"] - metrics["gdig_quality"][smallest]["bleu"]["mean"]
    claims.append((f"{smallest}: BLEU over G-DIG without diversity {gain:+.1f}, wanted above 0", gain > 0))
    precision = metrics["selection"]["detection"]["precision"]
    claims.append((f"precision of the survivors {precision:.3f}, wanted {MIN_PRECISION}", precision >= MIN_PRECISION))
    for text, holds in claims:
        print("ok  " if holds else "FAIL", text)
    sys.exit(not all(holds for _, holds in claims))


if __name__ == "__main__":
    main()
