"""How many pseudo-labels survive, and how many of them are true? By --reject and --agreement, without training anything.

The worlds, shifts and draws of adaptation.py, multilabel, with the scene's batch-norm statistics and without; truth is
taken on the windows that would teach.

    python benchmarks/pseudo_labels.py [--seeds 11] [--kind real] [--result benchmarks/results/pseudo_labels.json]
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import torch
from adaptation import METHODS, STEPS, _integers, _model, _target
from shifts import SHIFTS
from worlds import World, worlds

from ben_core.adapt.confirm import Confirmer
from ben_core.adapt.nets import answers, confidence, trained_classes
from ben_core.adapt.norms import adapt_norms
from ben_core.adapt.pseudo import choose_labels, require_enough
from ben_core.adapt.types import NEGATIVE, POSITIVE, TRAIN
from ben_core.errors import DataError
from ben_core.events import silent
from ben_core.learn.default.train import Recipe

REJECT, AGREEMENT = (0.3, 0.4, 0.5), (0.6, 0.8, 1.0)


def rows(world: World, shifts: list[str], seeds: list[int]) -> Iterator[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as folder:
        start, bank = _model(world, Path(folder))
        for shift, seed, norms in product(shifts, seeds, (False, True)):
            target = _target(start, world.target, _integers(SHIFTS[shift], world.target.dn), seed)
            card, graph, learn = start.card, start.graph(), target.of(TRAIN)
            options = replace(METHODS["multilabel"], seed=seed)
            if norms:
                adapt_norms(graph, card, target, options, silent, lambda: False)
            p = confidence(card, answers(graph, card, target, learn), "multilabel")
            for reject, agreement in product(REJECT, AGREEMENT):
                asked = replace(options, reject=reject, agreement=agreement)
                confirmer = Confirmer(card, target, asked, bank)

                def confirm(few: np.ndarray, y: np.ndarray, confirmer: Confirmer = confirmer) -> np.ndarray:
                    return confirmer.confirm(graph, learn[few], y)  # noqa: B023  asked within this turn

                chosen = choose_labels(p, card.classes, trained_classes(card), asked, confirm)
                try:
                    require_enough(chosen, card.classes, asked, False)
                    enough = True
                except DataError:
                    enough = False
                truth = world.target.truth[learn[chosen.indices]]
                has, lacks = chosen.y == POSITIVE, chosen.y == NEGATIVE
                yield {
                    "world": world.name, "shift": shift, "seed": seed, "bn": norms, "reject": reject, "agreement": agreement,
                    "windows": len(learn), "patches": len(chosen), "enough": enough, "classes": int(has.any(0).sum()),
                    "present": int(has.sum()), "present true": int(truth[has].sum()),
                    "absent": int(lacks.sum()), "absent true": int((~truth[lacks]).sum()),
                }  # fmt: skip


def table(found: list[dict[str, Any]]) -> str:
    lines = ["| statistics | reject | agreement | targets that teach | windows (median) | present, true | absent, true |",
             "|---|---|---|---|---|---|---|"]  # fmt: skip
    for norms, reject, agreement in product((False, True), REJECT, AGREEMENT):
        some = [r for r in found if (r["bn"], r["reject"], r["agreement"]) == (norms, reject, agreement)]
        shares = []
        for kind in ("present", "absent"):
            total = sum(r[kind] for r in some)
            shares.append(f"{total}, {sum(r[f'{kind} true'] for r in some) / max(total, 1):.0%}")
        median = int(np.median([r["patches"] for r in some]))
        told = f"{sum(r['enough'] for r in some)} of {len(some)} | {median} | {' | '.join(shares)}"
        lines.append(f"| {'of the scene' if norms else 'of the source'} | {reject} | {agreement} | {told} |")
    return "\n".join(lines)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--data", type=Path, default=Path(os.environ.get("BEN_DATA", "../shared/data")))
    options.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()) / "ben-adaptation-worlds")
    options.add_argument("--seeds", default="11")
    options.add_argument("--kind", choices=["real", "painted"], default="real")
    options.add_argument("--shifts", default=",".join(SHIFTS))
    options.add_argument("--result", type=Path, default=Path("benchmarks/results/pseudo_labels.json"))
    given = options.parse_args()
    torch.set_num_threads(1)
    seeds, shifts, found = [int(n) for n in given.seeds.split(",")], given.shifts.split(","), []
    for world in worlds(given.data, given.cache, replace(Recipe(), steps=STEPS), given.kind):
        found += list(rows(world, shifts, seeds))
    told = {"what": __doc__.split("\n")[0], "cases": found}
    given.result.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    print(table(found))


if __name__ == "__main__":
    main()
