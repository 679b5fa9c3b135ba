"""Check the README's claims against the metrics of the last `dvc repro` of the embedded default.

    python -m benchmarks.margins

Margins are wide, because models trained on another kind of processor differ in the last digits. Exit code 1 and a
line for every claim that fails.
"""

import json
import sys
from pathlib import Path

from gdig.config import PARAMS_FILE, load_params
from gdig.run.command import command

METRICS = Path("metrics/embedded")
CLAIMED = ("gdig", "gdig_joint", "random", "base_loss")
MIN_GAIN_OVER_RANDOM = 5.0
MIN_GAIN_OVER_BASE_LOSS = -2.0
"""Of joint G-DIG, at every budget."""
MIN_PRECISION = 0.95
MAX_ERROR_OF_NOISE = 0.05


@command
def main() -> None:
    """Print every claim with its figure."""
    params = load_params()
    if params.profile != METRICS.name or (other := [name for name in CLAIMED if name not in params.selectors]):
        differs = f"profile = {params.profile!r}" if params.profile != METRICS.name else f"selectors lack {other[0]!r}"
        raise ValueError(
            f"{PARAMS_FILE}: {differs}, but the claims are of the embedded default; "
            f"`python -m gdig.tools.profile use embedded`, then `make repro`"
        )
    metrics = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in METRICS.glob("*.json")}
    if missing := [name for name in (*CLAIMED, "cleanliness", "selection") if name not in metrics]:
        raise ValueError(f"{METRICS / missing[0]}.json is missing; run `make repro` first")
    claims = []

    def claim(selector: str, control: str, budget: str, wanted: float) -> None:
        gain = metrics[selector][budget]["bleu"]["mean"] - metrics[control][budget]["bleu"]["mean"]
        claims.append(
            (f"{budget}: BLEU of {selector} over {control} {gain:+.1f}, wanted {wanted:+.1f}", gain >= wanted)
        )

    budgets = sorted(metrics["gdig"])
    for budget in budgets:
        for selector in ("gdig", "gdig_joint"):
            claim(selector, "random", budget, MIN_GAIN_OVER_RANDOM)
    for budget in budgets:
        claim("gdig_joint", "base_loss", budget, MIN_GAIN_OVER_BASE_LOSS)
        losses = {name: metrics[name][budget]["seed_loss"]["mean"] for name in ("gdig_joint", "random", "base_loss")}
        shown = ", ".join(f"{name} {loss:.2f}" for name, loss in losses.items())
        claims.append((f"{budget}: loss on the seeds lowest of {shown}", losses["gdig_joint"] == min(losses.values())))
    # Half of the pool is noise.
    error = metrics["cleanliness"]["noise"]["share"] - 0.5
    claims.append(
        (
            f"estimated share of noise: off by {error:+.3f}, wanted {MAX_ERROR_OF_NOISE} at most",
            abs(error) <= MAX_ERROR_OF_NOISE,
        )
    )
    precision = metrics["selection"]["detection"]["precision"]
    claims.append((f"precision of the survivors {precision:.3f}, wanted {MIN_PRECISION}", precision >= MIN_PRECISION))
    for text, holds in claims:
        print("ok  " if holds else "FAIL", text)
    sys.exit(not all(holds for _, holds in claims))


if __name__ == "__main__":
    main()
