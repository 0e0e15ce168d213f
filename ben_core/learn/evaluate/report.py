"""The report of an evaluation: one page of HTML that needs nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from PIL import Image

from ...products.fragments import tiles, warnings
from ...products.page import page, resource
from ...products.page import sections as all_of
from ...products.words import counted
from . import sections
from .cells import hits_and_misses
from .evaluation import Evaluation
from .words import between, cautions, number, verdict


def render(evaluation: Evaluation, pictures: Mapping[str, Image.Image], comparison: str = "") -> str:
    """The page. ``pictures`` of the hardest examples by id; ``comparison``: a piece of HTML on other models."""
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
    return page(
        kicker="Evaluation",
        name=evaluation.subject.replace(" m ", "\u00a0m ").replace("-", "\u2011"),
        title=f"Evaluation of {evaluation.subject}",
        facts=_facts(evaluation),
        verdict=verdict(evaluation),
        body=warnings("Before you quote a figure", cautions(evaluation)) + tiles(_figures(evaluation)) + all_of(parts),
        css=resource(__package__, "report.css"),
    )


def _facts(evaluation: Evaluation) -> str:
    facts = [f"judged against {evaluation.data}"]
    if evaluation.split:
        facts.append(f"{evaluation.split} split")
    patches = counted(evaluation.patches, "patch", "patches")
    if f" {patches}" not in f" {evaluation.data}":
        facts.append(patches)
    if evaluation.drawn != "patches":
        facts.append(f"{evaluation.groups:,} {evaluation.drawn}")
    return " · ".join(facts)


def _figures(evaluation: Evaluation) -> Iterator[tuple[str, str]]:
    decision = evaluation.decisions[0]
    shown = {
        "AP, mean of classes": evaluation.scores["AP macro"],
        "AP, all answers": evaluation.scores["AP micro"],
        "F1, mean of classes": decision.scores["F1 macro"],
        "F1, all answers": decision.scores["F1 micro"],
    }
    for name, figure in shown.items():
        yield number(figure.value), f"{name}\n{between(figure)}"
    yield number(evaluation.reliability[0].ece, 3), "calibration error (ECE)\n0 is best"
