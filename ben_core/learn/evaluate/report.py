"""The report of an evaluation: one page of HTML that needs nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from importlib.resources import files as resources
from string import Template

from PIL import Image

from ...version import __version__
from . import sections
from .cells import hits_and_misses
from .evaluation import Evaluation
from .words import between, cautions, counted, number, verdict

_HOUSE = "ben_core.products"  # whose style sheet this report shares


def render(evaluation: Evaluation, pictures: Mapping[str, Image.Image], comparison: str = "") -> str:
    """The page. ``pictures`` of the hardest examples by id; ``comparison``: a piece of HTML on other models."""
    here = resources(__package__)
    style = resources(_HOUSE).joinpath("report.css").read_text(encoding="utf-8")
    parts = {
        ("compared", "Models side by side"): comparison,
        ("scores", "Scores"): sections.scores(evaluation),
        ("classes", "Classes"): sections.classes(evaluation),
        ("cells", "Hits and misses on the map"): hits_and_misses(evaluation),
        ("confusion", "Found, missed, false alarms"): sections.confusion(evaluation),
        ("curves", "Curves"): sections.curves(evaluation),
        ("reliability", "Do the probabilities mean what they say?"): sections.reliability(evaluation),
        ("learning", "Learning curves"): sections.learning(evaluation),
        ("features", "How the network sees the patches"): sections.features(evaluation),
        ("hardest", "Hardest examples"): sections.hardest(evaluation, pictures, "; the pictures help to tell" if pictures else ""),
        ("left", "What was left out"): sections.left_out(evaluation),
        ("method", "How it was measured"): sections.method(evaluation),
    }  # fmt: skip
    return Template(here.joinpath("report.html").read_text(encoding="utf-8")).substitute(
        subject=escape(evaluation.subject),
        heading=escape(evaluation.subject).replace(" m ", "&nbsp;m ").replace("-", "&#8209;").replace("_", "_<wbr>"),
        version=escape(__version__),
        css=style + here.joinpath("report.css").read_text(encoding="utf-8"),
        facts=escape(_facts(evaluation)),
        verdict=escape(verdict(evaluation)),
        warnings=_warnings(evaluation),
        tiles=_tiles(evaluation),
        sections="\n".join(sections.section(key, title, body) for (key, title), body in parts.items()),
    )


def _facts(evaluation: Evaluation) -> str:
    facts = [f"judged against {evaluation.data}"]
    if evaluation.split:
        facts.append(f"{evaluation.split} split")
    facts.append(counted(evaluation.patches, "patch", "patches"))
    if evaluation.drawn != "patches":
        facts.append(f"{evaluation.groups:,} {evaluation.drawn}")
    return " · ".join(facts)


def _warnings(evaluation: Evaluation) -> str:
    texts = cautions(evaluation)
    if not texts:
        return ""
    items = "".join(f"<li>{escape(t)}</li>" for t in texts)
    return (
        '<aside class="warnings" aria-labelledby="warned"><h2 id="warned">Before you quote a figure</h2>'
        f"<ul>{items}</ul></aside>"
    )


def _tiles(evaluation: Evaluation) -> str:
    decision = evaluation.decisions[0]
    shown = {
        "AP, mean of classes": evaluation.scores["AP macro"],
        "AP, all answers": evaluation.scores["AP micro"],
        "F1, mean of classes": decision.scores["F1 macro"],
        "F1, all answers": decision.scores["F1 micro"],
    }
    tiles = "".join(
        f"<li><b>{number(figure.value)}</b><span>{name}<br>{between(figure)}</span></li>"
        for name, figure in shown.items()
    )
    ece = evaluation.reliability[0].ece
    return tiles + f"<li><b>{number(ece, 3)}</b><span>expected calibration error (0 is best)</span></li>"
