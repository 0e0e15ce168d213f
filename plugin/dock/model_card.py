"""A model's card in words that a person reads. Knows no Qt."""

from __future__ import annotations

from typing import Any, List, Mapping

from ..i18n import tr
from .looks import escape

_FAMILIES = {"s2": "Sentinel-2", "s1": "Sentinel-1", "all": "Sentinel-1 + Sentinel-2", "rgb": "RGB"}


def short(model: Mapping[str, Any]) -> str:
    """One line: bands, classes, a score, licence (``model`` as ``ben info --json`` tells it)."""
    classes = model["classes"]
    trained = sum(1 for c in classes if c["trained"])
    bands = [b["name"] for b in model["bands"]]
    parts = [
        ", ".join(bands) if len(bands) <= 4 else tr("{n} bands").format(n=len(bands)),
        tr("{n} classes").format(n=trained)
        if trained == len(classes)
        else tr("{n} of {all} classes trained").format(n=trained, all=len(classes)),
    ]
    score = next(((k, s) for k, s in model["scores"].items() if isinstance(s, dict) and "value" in s), None)
    if score:
        parts.append(f"{score[0]} {score[1]['value']:.2f}")
    if model["licence"]:
        parts.append(str(model["licence"]))
    return " · ".join(parts)


def short_of_row(row: Mapping[str, Any]) -> str:
    """The same of a published model that is not on this machine (``ben models list --json``)."""
    parts = [_FAMILIES.get(row["bands"], row["bands"]), row["size"]]
    if isinstance(row["scores"], dict):
        name, value = next(iter(row["scores"].items()))
        parts.append(f"{name} {value:.2f}")
    return " · ".join([*parts, row["licence"]])


def page(model: Mapping[str, Any]) -> str:
    """The whole card as HTML."""
    rows: List[str] = [f"<h3>{escape(model['title'] or model['name'])}</h3><p>{escape(model['description'])}</p>"]
    for warning in model["warnings"]:
        rows.append(f"<p><b>{escape(tr('Note:'))}</b> {escape(warning)}</p>")
    bands = ", ".join(b["name"] + (f" ({tr('optional')})" if b["fill"] is not None else "") for b in model["bands"])
    side = model["size"] * 10
    rows.append(_part(tr("Input"), [bands, tr("patches of {n} × {n} m").format(n=side)]))
    rows.append(_part(tr("Scores"), [_score(k, s) for k, s in model["scores"].items()] or [tr("none published")]))
    classes = [
        f"{c['name']}: " + (tr("label from {p:.2f}").format(p=c["threshold"]) if c["trained"] else tr("not trained"))
        for c in model["classes"]
    ]
    rows.append(_part(tr("Classes"), classes))
    weights = [f"{w['file']} ({w['runtime']}, {w['precision']})" for w in model["weights"]]
    rows.append(_part(tr("Files"), weights))
    rows.append(_part(tr("Licence"), [model["licence"] or tr("not stated")]))
    rows.append(_part(tr("Origin"), [model["origin"] or tr("not stated")]))
    return "".join(rows)


def page_of_row(row: Mapping[str, Any]) -> str:
    """What is published of a model that is not here."""
    scores = [f"{k}: {v:.3f}" for k, v in row["scores"].items()] if isinstance(row["scores"], dict) else [row["scores"]]
    return "".join(
        (
            f"<h3>{escape(row['name'])}</h3>",
            _part(tr("Input"), [_FAMILIES.get(row["bands"], row["bands"])]),
            _part(tr("Scores"), [*scores, row["scores from"], *row["caveats"]]),
            _part(tr("Licence"), [row["licence"]]),
            _part(tr("Source"), [row["source"], row["known by"]]),
            _part(tr("Needs"), [row["needs"]]),
        )
    )


def _part(title: str, lines: List[str]) -> str:
    return f"<h4>{escape(title)}</h4><p>{'<br>'.join(escape(str(line)) for line in lines)}</p>"


def _score(name: str, score: Any) -> str:
    if not isinstance(score, dict) or "value" not in score:
        return f"{name}: {score}"
    text = f"{name}: {score['value']:.3f}"
    if "low" in score and "high" in score:
        text += tr(" ({low:.3f} to {high:.3f})").format(low=score["low"], high=score["high"])
    return text + (f", {score['note']}" if score.get("note") else "")
