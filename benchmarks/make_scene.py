"""Make a full-size Sentinel-2 L2A product, 10980 x 10980 px, for benchmarks.

    python benchmarks/make_scene.py OUT [--real DATA] [--size PX] [--threads N]

From the sample's generator, or with --real from the real pixels of the Thailand scene in DATA, laid side
by side as mirror images so that no seam shows. All 12 bands and SCL, lossless JP2 in ESA's tiles, baseline 05.09.
Memory stays at one or two bands of 240 MB; the generator keeps its bands in a temporary folder beside OUT.
"""

from __future__ import annotations

import argparse
import contextlib
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import rasterio

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ben_core.nomenclature import BANDS
from ben_core.sample.make import EPSG, LEFT, TILE, TOP
from ben_core.sample.render import Scene
from ben_core.sample.safe import write_safe
from ben_core.sample.spectra import BANDS as NAMES

FULL = 10980  # px, the side of an MGRS tile
SEED = 11


class Lazy(Mapping[str, np.ndarray]):
    """Bands that are made when they are asked for."""

    def __iter__(self) -> Iterator[str]:
        return iter(NAMES)

    def __len__(self) -> int:
        return len(NAMES)


class Painted(Lazy):
    """The generator's bands, kept on the disk until they are written."""

    def __init__(self, folder: Path, size: int) -> None:
        self._folder, self._size = folder, size
        scl = []
        with contextlib.ExitStack() as stack:
            files = {band: stack.enter_context((folder / band).open("wb")) for band in NAMES}
            for strip in Scene(size, size, SEED).strips():
                for band, values in strip.dn.items():
                    values.tofile(files[band])
                scl.append(strip.scl)
        self.scl = np.concatenate(scl)

    def __getitem__(self, band: str) -> np.ndarray:
        n = self._size * 10 // BANDS[band].resolution
        return np.fromfile(self._folder / band, np.uint16).reshape(n, n)


class Mirrored(Lazy):
    """A real scene, continued by its mirror images."""

    def __init__(self, folder: Path, size: int) -> None:
        self._folder, self._size = folder, size
        self.scl = np.full((size // 2, size // 2), 4, np.uint8)

    def __getitem__(self, band: str) -> np.ndarray:
        with rasterio.open(self._folder / f"{band}.tif") as file:
            dn = file.read(1)
        n = self._size * 10 // BANDS[band].resolution
        return np.pad(dn, [(0, n - dn.shape[0]), (0, n - dn.shape[1])], mode="symmetric")


def full_size_scene(folder: Path) -> Path:
    """The generator's product of full size in ``folder``; made where missing (about ten minutes)."""
    found = sorted(folder.glob("*.SAFE"))
    if found:
        return found[0]
    subprocess.run([sys.executable, __file__, str(folder), "--threads", "2"], check=True, stdout=sys.stderr)
    return next(folder.glob("*.SAFE"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--real", type=Path, metavar="DATA", help="folder of real data; default: the generator")
    parser.add_argument("--size", type=int, default=FULL, metavar="PX")
    parser.add_argument("--threads", type=int, default=1, help="of the JP2 encoder")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    start = time.monotonic()
    with tempfile.TemporaryDirectory(prefix=".bands-", dir=options.out) as folder:
        pixels: Painted | Mirrored
        if options.real:
            scene = options.real / "scenes" / "major_tom_T48QUE_thailand_2020-02-23"
            pixels = Mirrored(scene, options.size)
            place = {"left": 300_000.0, "top": 2_000_040.0, "epsg": 32648, "tile": "48QUE"}
            acquired = "2020-02-23T03:37:31Z"
        else:
            pixels = Painted(Path(folder), options.size)
            place = {"left": LEFT, "top": TOP, "epsg": EPSG, "tile": TILE}
            acquired = "2023-06-24T11:21:11Z"
        painted = time.monotonic()
        product = write_safe(options.out, pixels, acquired=acquired, scl=pixels.scl, threads=options.threads, **place)
        written = time.monotonic()
    size = sum(f.stat().st_size for f in product.rglob("*") if f.is_file())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(product)
    print(f"{options.size} x {options.size} px, {size / 1e6:.0f} MB")
    print(f"pixels {painted - start:.0f} s, JP2 and metadata {written - painted:.0f} s, peak memory {peak:.0f} MiB")


if __name__ == "__main__":
    main()
