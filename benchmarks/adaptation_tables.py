"""The tables of docs/adaptation.md, from results/adaptation.json: python benchmarks/adaptation_tables.py [FILE]."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from shifts import SHIFTS

ADAPTED = ("bn-only", "multilabel", "multilabel+bn", "tong")
MEASURES = ("AP macro", "F1 micro", "overall accuracy", "kappa")
WORDS = ("adopted", "adopted with warning", "rejected")
RESULT = Path(__file__).parent / "results" / "adaptation.json"

Rows = Sequence[dict[str, Any]]


def scores(rows: Rows) -> str:
    """A row a method and shift: means before and after, the gains, what the guard said."""
    lines = [
        "| method | shift | cases | macro AP | micro F1 | overall accuracy | kappa | gain: mean (lowest to highest) | verdicts |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for method in ADAPTED:
        for shift in SHIFTS:
            some = [r for r in rows if (r["method"], r["shift"]) == (method, shift)]
            if some:
                means = [np.mean([r["scores"][m][:2] for r in some], axis=0) for m in MEASURES]
                gains = [r["gain"] for r in some]
                said = Counter(r["verdict"] for r in some)
                verdicts = ", ".join(f"{said[w]} {w}" for w in WORDS if said[w])
                arrows = " | ".join(f"{before:.2f} → {after:.2f}" for before, after in means)
                spread = f"{np.mean(gains):+.3f} ({min(gains):+.3f} to {max(gains):+.3f})"
                lines.append(f"| {method} | {shift} | {len(some)} | {arrows} | {spread} | {verdicts} |")
    return "\n".join(lines)


def guard(summary: dict[str, Any]) -> str:
    lines = [
        "| world, what | better: adopted, warned, rejected | even | worse | misses | false alarms | taken among those that improve | mean gain without guard, with | worst that was adopted |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for what, g in summary.items():
        table = g["truth and verdict"]
        counts = [", ".join(str(table.get(t, {}).get(w, 0)) for w in WORDS) for t in ("better", "even", "worse")]
        share, worst = g["adoption among those that truly improve"], g["worst that was adopted"]
        told = [
            g["misses (worse, and not rejected)"],
            g["false alarms (better, and rejected)"],
            "–" if share is None else f"{share:.0%}",
            f"{g['mean gain if all were adopted']:+.3f}, {g['mean gain with the guard']:+.3f}",
            "–" if worst is None else f"{worst:+.3f}",
        ]
        lines.append(f"| {what.replace(' / ', ', ')} | {' | '.join(counts)} | {' | '.join(map(str, told))} |")
    return "\n".join(lines)


def paired(rows: Rows) -> str:
    """The same target with the scene's statistics and without, where both taught."""
    lines = ["| world | shift | targets | gain without --bn | gain with --bn |", "|---|---|---|---|---|"]
    gains = {(r["world"], r["shift"], r["seed"], r["method"]): r["gain"] for r in rows}
    for kind in ("real", "painted"):
        for shift in SHIFTS:
            keys = [k[:3] for k in gains if k[3] == "multilabel" and k[1] == shift and k[0].startswith(kind)]
            both = [(gains[(*k, "multilabel")], gains[(*k, "multilabel+bn")]) for k in keys if (*k, "multilabel+bn") in gains]  # fmt: skip
            if both:
                means = np.mean(both, axis=0)
                lines.append(f"| {kind} | {shift} | {len(both)} | {means[0]:+.3f} | {means[1]:+.3f} |")
    return "\n".join(lines)


def main() -> None:
    told = json.loads(Path(sys.argv[1] if len(sys.argv) > 1 else RESULT).read_text(encoding="utf-8"))
    rows, summary = told["cases"], told["summary"]
    for kind in ("real", "painted"):
        print(f"\n### {kind}\n\n{scores([r for r in rows if r['world'].startswith(kind)])}")
    print(f"\n### statistics\n\n{paired(rows)}")
    for which in ("guard", "guard with reference"):
        print(f"\n### {which}\n\n{guard(summary[which])}")


if __name__ == "__main__":
    main()
