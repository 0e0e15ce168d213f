"""The map of the overview: a picture of the mosaic and the frames of the scenes, as one drawing (SVG)."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np
import rasterio
from PIL import Image
from rasterio.crs import CRS
from rasterio.enums import Resampling

from ...products.fragments import data_url
from ...products.legend import CATEGORIES
from ...products.words import counted, scale_bar
from .entries import Entry
from .mosaic import Mosaic
from .target import default_crs, to_crs

_LARGEST = 1000  # px of the picture and units of the drawing, its longest side
_EDGE = 5  # points a side of a frame: a tile's edge is bent in another CRS
_MANY = 2000  # frames: more would only be black


def draw_map(entries: Sequence[Entry], mosaics: Sequence[Mosaic]) -> str:
    """The drawing; the last mosaic is that of all scenes."""
    if not entries:
        return '<p class="note">No place is known.</p>'
    whole = mosaics[-1] if mosaics and mosaics[-1].scenes == len(entries) else None
    crs = whole.target.crs if whole else default_crs(entries)
    frames = _frames(entries, crs)
    if whole:
        t = whole.target
        left, top, right, bottom = t.left, t.top, t.left + t.width * t.pixel, t.top - t.height * t.pixel
    else:
        points = np.concatenate([xy for xy, _ in frames])
        left, bottom = points.min(axis=0)
        right, top = points.max(axis=0)
    scale = _LARGEST / max(right - left, top - bottom)
    width, height = (right - left) * scale, (top - bottom) * scale
    pad, foot = 14, 44
    out = [
        f'<svg class="map" xmlns="http://www.w3.org/2000/svg" viewBox="{-pad} {-pad} {width + 2 * pad:.1f} '
        f'{height + 2 * pad + foot:.1f}" role="img" aria-label="Map of the scenes">'
    ]
    if whole:
        picture = _picture(whole, max(1, round(width)), max(1, round(height)))
        out.append(
            f'<image href="{picture}" width="{width:.1f}" height="{height:.1f}" preserveAspectRatio="none" '
            'style="image-rendering:pixelated"/>'
        )
    for xy, text in frames[:_MANY]:
        corners = " ".join(f"{(x - left) * scale:.1f},{(top - y) * scale:.1f}" for x, y in xy)
        out.append(f'<polygon points="{corners}"><title>{escape(text)}</title></polygon>')
    if CRS.from_user_input(crs).is_projected:
        out.append(_scale_bar(width, height, scale))
    return "".join([*out, "</svg>"])


def _frames(entries: Sequence[Entry], crs: str) -> list[tuple[np.ndarray, str]]:
    """(corners and points between, what to say) of every place; places without a position in ``crs`` are left out."""
    places: dict[tuple[object, ...], list[Entry]] = {}
    for e in entries:
        places.setdefault((e.crs, e.left, e.bottom, e.right, e.top), []).append(e)
    step = np.arange(_EDGE) / _EDGE
    frames = []
    for members in places.values():
        e = members[0]
        x = np.concatenate(
            [
                e.left + (e.right - e.left) * step,
                np.full(_EDGE, e.right),
                e.right - (e.right - e.left) * step,
                np.full(_EDGE, e.left),
            ]
        )
        y = np.concatenate(
            [
                np.full(_EDGE, e.top),
                e.top - (e.top - e.bottom) * step,
                np.full(_EDGE, e.bottom),
                e.bottom + (e.top - e.bottom) * step,
            ]
        )
        xy = np.stack(to_crs(x, y, e.crs, crs), axis=1)
        if np.isfinite(xy).all():
            frames.append((xy, _about(members)))
    return frames


def _about(members: Sequence[Entry]) -> str:
    days = sorted({e.day for e in members})
    when = days[0] if len(days) == 1 else f"{days[0]} to {days[-1]}"
    return f"{members[0].place}: {counted(len(members), 'scene')}, {when}"


def _picture(mosaic: Mosaic, width: int, height: int) -> str:
    """The classes as a PNG with their colours, see-through where nothing is mapped, no larger than needed."""
    t = mosaic.target
    shape = min(height, t.height), min(width, t.width)
    with rasterio.open(mosaic.files["classes"]) as src:
        codes = src.read(1, out_shape=shape, resampling=Resampling.nearest)
    image = Image.fromarray(codes, "P")
    palette = np.zeros((256, 3), np.uint8)
    for c in CATEGORIES:
        palette[c.code] = c.rgb
    image.putpalette(palette.tobytes())
    image.info["transparency"] = 0
    return data_url(image, "PNG")


def _scale_bar(width: float, height: float, scale: float) -> str:
    length, text = scale_bar(width / scale / 4)
    end, y = length * scale, height + 22
    return f'<path class="scale" d="M0 {y:.1f}v8H{end:.1f}v-8"/><text x="{end + 10:.1f}" y="{y + 9:.1f}">{text}</text>'
