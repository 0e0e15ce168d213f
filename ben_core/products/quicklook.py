"""One picture of a run: the scene beside its map, with legend, scale and source."""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from ..scene.types import PIXEL
from ..storage import write_bytes
from ..version import __version__
from .legend import Category
from .palette import FILLED, legend_of, shown
from .picture import PAPER, map_image, panel_size, scene_image, swatch
from .view import MapView
from .words import day, percent, scale_bar

_PANEL = 744  # px, the largest width of one picture
_TALLEST = 900
_MARGIN = 40
_ROW = 32  # px a line of the legend
_INK, _SOFT = (28, 32, 36), (98, 102, 108)


def write_quicklook(view: MapView, path: Path) -> None:
    """PNG of the scene (where its overview is known) and the map."""
    stream = io.BytesIO()
    draw_quicklook(view).save(stream, "PNG")  # level 6: 9 takes up to eight times as long (docs/batch_scale.md)
    write_bytes(path, stream.getvalue())


def draw_quicklook(view: MapView) -> Image.Image:
    width, height = panel_size(view, _PANEL, _TALLEST)
    panels = [(_map_title(view), map_image(view, width, height))]
    overview = scene_image(view, width, height)
    if overview is not None:
        panels.insert(0, (f"{view.record.colours[0].upper()}{view.record.colours[1:]}", overview))
    legend = _legend(view)
    slot = _PANEL if len(panels) == 1 else max(width, _PANEL // 2)
    total = _MARGIN + len(panels) * (slot + _MARGIN)
    columns = max(1, (total - _MARGIN) // 700)
    lines = -(-len(legend) // columns)
    top = 142
    canvas = Image.new("RGB", (total, top + height + 92 + lines * _ROW + 80), PAPER)
    draw = ImageDraw.Draw(canvas)

    _text(draw, (_MARGIN, 28), view.record.scene.name, 34, _INK, total - 2 * _MARGIN)
    _text(draw, (_MARGIN, 74), _subtitle(view), 19, _SOFT, total - 2 * _MARGIN)
    for i, (title, image) in enumerate(panels):
        x = _MARGIN + i * (slot + _MARGIN)
        _text(draw, (x, top - 27), title, 18, _INK, slot)
        canvas.paste(image, (x, top))
        draw.rectangle((x - 1, top - 1, x + width, top + height), outline=(150, 150, 150))
    _scale_bar(draw, (_MARGIN, top + height + 20), width, view)

    y = top + height + 72
    column_width = (total - _MARGIN) // columns
    for i, (category, label, share) in enumerate(legend):
        x, line = _MARGIN + i // lines * column_width, y + i % lines * _ROW
        canvas.paste(swatch(category, 34, 22), (x, line))
        draw.rectangle((x, line, x + 33, line + 21), outline=(120, 120, 120))
        draw.text((x + 98, line + 11), share, fill=_INK, font=_font(17), anchor="rm")
        _text(draw, (x + 112, line + 1), label, 17, _INK, column_width - 112 - _MARGIN)
    footer = "A label means that a class is present in the patch, not how much of it is covered."
    _text(draw, (_MARGIN, canvas.height - 62), footer, 16, _SOFT, total - 2 * _MARGIN)
    _text(draw, (_MARGIN, canvas.height - 38), _source(view), 16, _SOFT, total - 2 * _MARGIN)
    return canvas


def cell_size(view: MapView) -> str:
    metres = view.record.grid.stride * PIXEL
    return f"{metres / 1000:g} km" if metres >= 1000 else f"{metres} m"


def _map_title(view: MapView) -> str:
    return f"Most probable class of each {cell_size(view)} cell"


def _subtitle(view: MapView) -> str:
    parts = [day(view.acquired) if view.acquired else "acquisition time unknown"]
    parts.append(f"{view.mapped.sum():,} of {view.mapped.size:,} cells mapped")
    parts.append(view.record.card.title)
    return "  ·  ".join(parts)


def _source(view: MapView) -> str:
    parts = [
        view.attribution,
        "Classes of BigEarthNet, colours of CORINE Land Cover",
        f"BigEarthNet Mapper {__version__}",
    ]
    return "  ·  ".join(p for p in parts if p)


def _legend(view: MapView) -> list[tuple[Category, str, str]]:
    entries = legend_of(shown(view))
    total = sum(n for _, n in entries) or 1
    untrained = view.record.card.untrained
    lines = [(c, c.name + (" (not trained)" if c.name in untrained else ""), percent(n / total)) for c, n in entries]
    if view.filled.any():
        lines.append((FILLED, FILLED.name, percent(int(view.filled.sum()) / total)))
    return lines


def _scale_bar(draw: ImageDraw.ImageDraw, at: tuple[int, int], width: int, view: MapView) -> None:
    """A bar of a round length, about a quarter of the picture, and an arrow to the north."""
    metres_a_px = view.record.grid.width * PIXEL / width
    length, text = scale_bar(metres_a_px * width / 4)
    x, y = at
    end = x + round(length / metres_a_px)
    draw.line((x, y, x, y + 10, end, y + 10, end, y), fill=_INK, width=2)
    draw.text((end + 12, y + 3), text, fill=_INK, font=_font(17), anchor="lm")
    arrow = x + width - 14
    draw.polygon([(arrow, y - 8), (arrow - 7, y + 14), (arrow, y + 9), (arrow + 7, y + 14)], fill=_INK)
    draw.text((arrow - 14, y + 3), "N", fill=_INK, font=_font(17), anchor="rm")


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)  # Pillow's own face: the same picture on every machine


def _text(
    draw: ImageDraw.ImageDraw, at: tuple[int, int], text: str, size: int, fill: tuple[int, int, int], width: int
) -> None:
    """Draw one line, smaller and at last cut short where it is wider than ``width``; the baseline stays."""
    asked = size
    text = " ".join(text.split())
    while size > 13 and draw.textlength(text, font=_font(size)) > width:
        size -= 1
    font = _font(size)
    if draw.textlength(text, font=font) > width:
        while text and draw.textlength(text + "…", font=font) > width:
            text = text[:-1]
        text += "…"
    draw.text((at[0], at[1] + asked), text, fill=fill, font=font, anchor="ls")
