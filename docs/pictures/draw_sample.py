"""Draw docs/pictures/sample-map.png, the quick look of the sample's map: python docs/pictures/draw_sample.py"""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from pathlib import Path

from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from ben_core import Job, map_scene
from ben_core.sample.make import make_sample

PICTURE = Path(__file__).with_name("sample-map.png")
WIDTH = 1400  # px
PHOTOGRAPH = (0.0255, 0.119, 0.488, 0.748)  # left, top, right, bottom of the natural-colour half, as fractions
FLAT_COLOURS = 40  # of legend, map and text; the photograph shares the other colours of the palette


def shrink(picture: Image.Image) -> Image.Image:
    """A palette picture (about a third of the bytes): map and legend keep their colours, the photograph is dithered."""
    small = picture.resize((WIDTH, round(picture.height * WIDTH / picture.width)), Image.Resampling.LANCZOS)
    left, top, right, bottom = PHOTOGRAPH
    box = (round(left * WIDTH), round(top * small.height), round(right * WIDTH), round(bottom * small.height))
    photograph = small.crop(box)
    rest = small.copy()
    rest.paste(small.getpixel((0, 0)), box)
    flat = [colour for colour, _ in Counter(zip(*[iter(rest.tobytes())] * 3, strict=True)).most_common(FLAT_COLOURS)]
    soft = photograph.quantize(256 - len(flat), method=Image.Quantize.MEDIANCUT, kmeans=8).getpalette()
    palette = Image.new("P", (1, 1))
    palette.putpalette([v for colour in flat for v in colour] + soft[: 3 * (256 - len(flat))])
    result = small.quantize(palette=palette, dither=Image.Dither.NONE)
    result.paste(photograph.quantize(palette=palette, dither=Image.Dither.FLOYDSTEINBERG), box[:2])
    return result


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        sample = make_sample(Path(folder) / "sample")
        result = map_scene(Job(scene=(str(sample.product),), out=folder, name="sample"))
        shrink(Image.open(result.products["quicklook"]).convert("RGB")).save(PICTURE, optimize=True)
    print(f"{PICTURE}: {PICTURE.stat().st_size / 1000:.0f} kB")
