"""Published models by name: what there is, what it scored, where it lies; ``registry.json`` holds the rows."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from ..errors import ModelError
from ..nomenclature import S1_BANDS
from .cache import cache_folder, card_path
from .card import ModelCard

EMBEDDED = "embedded"  # whichever of these the bands of a scene suffice for, the best first
EMBEDDED_MODELS = ("embedded-all", "embedded-s2", "embedded-s1")
AUTO = "auto"
VOID = ("two epochs", "constant", "protocol")  # caveats that leave nothing to compare
SCORE = "macro AP"


@dataclass(frozen=True)
class Published:
    """One row.

    hub         repository, and its files with their SHA-256 (None: nobody has stated it); None: import only
    source      where to get what is only imported
    needs       what must be installed to convert it, in words
    seen        by what its existence is known
    scores      as in a card; ``scores_from`` says whose figures these are
    caveats     key -> why figures are optimistic or void
    """

    name: str
    family: str
    bands: str
    megabytes: float
    licence: str
    needs: str
    repo: str | None
    revision: str | None
    files: Mapping[str, str | None]
    source: str
    seen: str
    scores: Mapping[str, Any]
    scores_from: str
    caveats: Mapping[str, str] = field(default_factory=dict)
    features_only: bool = False

    @property
    def score(self) -> float | None:
        """Macro average precision, where it can be compared with the others'."""
        if any(c in VOID for c in self.caveats) or SCORE not in self.scores:
            return None
        return float(self.scores[SCORE]["value"])

    @property
    def cached(self) -> bool:
        return card_path(self.name).is_file()

    @property
    def state(self) -> str:
        if self.cached:
            return "here"
        return "fetch" if self.repo else "import"


@cache
def published() -> Mapping[str, Published]:
    """All rows by name, in the order of the file."""
    document = json.loads(resources.files(__package__).joinpath("registry.json").read_text(encoding="utf-8"))
    texts = document["caveats"]
    rows = {}
    for r in document["models"]:
        hub = r.get("hub") or {}
        rows[r["name"]] = Published(
            name=r["name"],
            family=r["family"],
            bands=r["bands"],
            megabytes=r["megabytes"],
            licence=r["licence"],
            needs=r["needs"],
            repo=hub.get("repo"),
            revision=hub.get("revision"),
            files=hub.get("files", {}),
            source=r.get("source") or hub["repo"],
            seen=r.get("seen", ""),
            scores=r["scores"],
            scores_from=r["scores from"],
            caveats={c: texts[c] for c in r["caveats"]},
            features_only=r.get("features only", False),
        )
    return rows


def find(name: str) -> Published:
    """The row of a name. Raises ModelError."""
    if name not in published():
        near = [n for n in published() if name.rpartition("/")[2] in n][:3]
        raise ModelError(
            f"There is no published model {name!r}.",
            (f"Did you mean {', '.join(near)}? " if near else "") + "`ben models list` shows all.",
        )
    return published()[name]


def path_of(name: str) -> Path | None:
    """The card of a fetched or imported model; None for what is no name. ModelError where a published one is not here."""
    if not re.fullmatch(r"[\w-][\w.-]*(/[\w-][\w.-]*)?", name):
        return None
    path = card_path(name)
    if path.is_file():
        return path
    if name not in published():
        return None
    row = find(name)
    remedy = f"ben models fetch {name}" if row.repo else f"ben models import PATH --name {name} (from {row.source})"
    raise ModelError(f"The published model {name} is not on this machine.", f"Get it: {remedy}.")


def embedded_card(name: str) -> Path | None:
    """The card of an embedded model, None for other names; "embedded" without a scene is that of Sentinel-2."""
    if name not in (EMBEDDED, *EMBEDDED_MODELS):
        return None
    sensors = name.removeprefix(EMBEDDED).removeprefix("-") or "s2"
    return Path(str(resources.files(__package__).joinpath("..", "embedded"))).resolve() / f"{sensors}.json"


def is_name(name: str) -> bool:
    """Whether this is the name of an embedded or published model, or of one that was imported here."""
    return embedded_card(name) is not None or name in published() or path_of(name) is not None


def imported() -> list[str]:
    """Names of the models in the cache that no row is about."""
    folder = cache_folder() / "models"
    names = (p.relative_to(folder).with_suffix("").as_posix() for p in sorted(folder.rglob("*.json")))
    return [n for n in names if n not in published()]


@dataclass(frozen=True)
class Choice:
    """A model and, where the program chose it, why."""

    name: str
    why: str = ""


def choose(name: str, bands: Iterable[str]) -> Choice:
    """``name`` itself; for "auto" the best published model here that ``bands`` suffice for, else the embedded one;
    for "embedded" the best of these that they suffice for (that of Sentinel-2 where they suffice for none)."""
    there = set(bands)
    if name == EMBEDDED:
        return Choice(_embedded_for(there))
    if name != AUTO:
        return Choice(name)
    # A model that is known to be of no use is not chosen for anybody.
    here = [r for r in published().values() if r.cached and not r.features_only and not set(r.caveats) & set(VOID)]
    fitting = [r for r in here if _fits(card_path(r.name), there)]
    if not fitting:
        why = f"{', '.join(r.name for r in here)} need other bands" if here else "no published model is on this machine"
        return Choice(_embedded_for(there), f"--model auto took the embedded model: {why}.")
    best = max(fitting, key=lambda r: (r.score is not None, r.score or 0.0))
    figure = f"macro AP {best.score:.3f}" if best.score is not None else "no comparable score is published"
    others = f", the best of {len(fitting)} that fit" if len(fitting) > 1 else ""
    return Choice(
        best.name, f"--model auto took {best.name} ({figure}{others}): it is here and the scene has its bands."
    )


def choose_fallback(name: str | None) -> Choice | None:
    """The model for cells that the first one may not answer: what "embedded" and "auto" mean for Sentinel-1 alone."""
    if name is None:
        return None
    found = choose(name, S1_BANDS)
    return Choice(found.name, found.why.replace("--model", "--fallback-model"))


def _embedded_for(there: set[str]) -> str:
    cards = ((name, embedded_card(name)) for name in EMBEDDED_MODELS)
    return next((name for name, path in cards if path is not None and _fits(path, there)), "embedded-s2")


def _fits(path: Path, there: set[str]) -> bool:
    return all(b.name in there or b.fill is not None for b in ModelCard.read(path).inputs)
