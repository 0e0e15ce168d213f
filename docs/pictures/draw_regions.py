"""Draw docs/pictures/regions.png, a scene beside its two maps: python docs/pictures/draw_regions.py SCENE PRODUCTS

SCENE holds B02.tif, B03.tif, B04.tif on one grid; PRODUCTS what `ben map SCENE --regions --out PRODUCTS` made.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import rasterio
from PIL import Image, ImageDraw, ImageFont

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from ben_core.products.legend import CATEGORIES
from ben_core.products.picture import PAPER
from ben_core.products.stretch import stretch

PICTURE = Path(__file__).with_name("regions.png")
SIDE, GAP, HEAD, LINE = 440, 20, 34, 22  # px
INK = (40, 40, 40)


def photograph(scene: Path) -> Image.Image:
    bands = []
    for name in ("B04", "B03", "B02"):
        with rasterio.open(scene / f"{name}.tif") as file:
            bands.append(file.read(1))
    return Image.fromarray(np.moveaxis(stretch(np.stack(bands)), 0, 2)).resize((SIDE, SIDE), Image.Resampling.LANCZOS)


def painted(path: Path, seen: set[int]) -> Image.Image:
    with rasterio.open(path) as file:
        codes = file.read(1, out_shape=(SIDE, SIDE))
    seen |= set(np.unique(codes[codes > 0]).tolist())
    colours = np.full((256, 3), PAPER, np.uint8)
    for c in CATEGORIES:
        colours[c.code] = c.rgb
    return Image.fromarray(colours[codes])


def main(scene: Path, products: Path) -> None:
    seen: set[int] = set()
    (patches,), (regions,) = products.glob("*_classes.tif"), products.glob("*_regions.tif")
    panels = (
        ("Natural colour", photograph(scene)),
        ("ben map: most probable class of each patch", painted(patches, seen)),
        ("--regions: class of each segment", painted(regions, seen)),
    )
    legend = [c for c in CATEGORIES if c.code in seen]
    width, rows = 3 * SIDE + 4 * GAP, -(-len(legend) // 3)
    sheet = Image.new("RGB", (width, HEAD + SIDE + GAP + rows * LINE + GAP // 2), "white")
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(15)
    for i, (title, panel) in enumerate(panels):
        left = GAP + i * (SIDE + GAP)
        draw.text((left, 9), title, INK, font)
        sheet.paste(panel, (left, HEAD))
    for i, c in enumerate(legend):
        left, top = GAP + i // rows * (SIDE + GAP), HEAD + SIDE + GAP + i % rows * LINE
        draw.rectangle((left, top + 2, left + 15, top + 15), c.rgb, INK)
        name = c.name if len(c.name) < 54 else c.name[:52] + " …"
        draw.text((left + 24, top), name, INK, font)
    sheet.quantize(256, method=Image.Quantize.MEDIANCUT, kmeans=4, dither=Image.Dither.NONE).save(
        PICTURE, optimize=True
    )
    print(f"{PICTURE}: {PICTURE.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
