"""Measure the spectra of ben_core/sample/spectra.py on real pixels and print that module's table.

    python benchmarks/measure_spectra.py [DATA]        DATA defaults to BEN_DATA or ../shared/data

For each material: the pixels that a rule selects, their mean, how the means of 80 m tiles spread
(from field to field) and how pixels spread within 40 m (texture), both as two principal
components over the 12 bands, and the correlation of neighbouring pixels' texture. BigEarthNet's labelled
pixels hold four bands; the other eight are those of the nearest pixels, in these four bands, of the
12-band sets.
"""

from __future__ import annotations

import csv
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import rasterio

BANDS = ("B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B09", "B11", "B12")
FOUR = [BANDS.index(b) for b in ("B02", "B03", "B04", "B08")]
TILE, ENOUGH = 8, 40  # px a side of a tile that stands for a field, and pixels of the material it must hold
CORNER, FULL = 4, 12  # the same for texture: 40 m, so that neighbouring fields stay out of it
NEIGHBOURS = 5
ALL_YEAR, SUMMER = range(1, 13), range(5, 10)


@dataclass(frozen=True)
class Rule:
    """Which pixels are the material: CORINE codes (BigEarthNet), or any pixel of another set, within limits.

    ``ndvi``, ``blue`` (B02) and ``swir`` (B11) are half-open ranges; ``water`` asks for NDWI > 0.
    """

    name: str
    source: str  # "ben", "unlabelled" or "thailand"
    codes: tuple[int, ...] = ()
    ndvi: tuple[float, float] = (-1, 1)
    blue: tuple[float, float] = (0, 1e5)
    swir: tuple[float, float] = (0, 1e5)
    water: bool = False
    months: range = SUMMER


RULES = (
    Rule("sea", "ben", (523,), water=True),
    Rule("shallows", "unlabelled", water=True, blue=(300, 900)),
    Rule("lake", "ben", (512,), water=True),
    Rule("river", "thailand", water=True),
    Rule("sand", "unlabelled", ndvi=(-1, 0.15), blue=(1300, 2600), swir=(2500, 5000)),
    Rule("mud", "unlabelled", ndvi=(0, 0.25), blue=(300, 1000), swir=(100, 1100)),
    Rule("marsh", "ben", (411, 412), ndvi=(0.4, 1)),
    Rule("bog", "ben", (412,), ndvi=(0.2, 0.5)),
    Rule("broadleaf", "ben", (311,), ndvi=(0.7, 1)),
    Rule("conifer", "ben", (312,), ndvi=(0.6, 1)),
    Rule("mixed", "ben", (313,), ndvi=(0.65, 1)),
    Rule("shrub", "ben", (324,), ndvi=(0.4, 0.75)),
    Rule("heath", "ben", (323,), months=ALL_YEAR),
    Rule("dry_grass", "ben", (321,), months=ALL_YEAR),
    Rule("pasture", "ben", (231,), ndvi=(0.55, 1)),
    Rule("crop", "ben", (211,), ndvi=(0.7, 1)),
    Rule("ripe", "ben", (211,), ndvi=(0.35, 0.6)),
    Rule("stubble", "ben", (211, 212), ndvi=(0.2, 0.35)),
    Rule("soil", "ben", (211,), ndvi=(0, 0.22)),
    Rule("vines", "ben", (221,), months=ALL_YEAR),
    Rule("olives", "ben", (223,), months=ALL_YEAR),
    Rule("dehesa", "ben", (244,), ndvi=(0, 0.5)),
    Rule("roofs", "ben", (111, 112, 121), ndvi=(0, 0.4)),
    Rule("halls", "ben", (111, 112, 121, 124), ndvi=(0, 0.25), blue=(1200, 1e5), months=ALL_YEAR),
    Rule("asphalt", "unlabelled", ndvi=(0.03, 0.2), blue=(600, 1300), swir=(800, 2000)),
    Rule("gardens", "ben", (111, 112), ndvi=(0.5, 1)),
    Rule("cloud", "unlabelled", blue=(3500, 1e5), swir=(1500, 1e5)),
)


def main() -> None:
    data = Path(sys.argv[1] if len(sys.argv) > 1 else os.environ.get("BEN_DATA", "../shared/data"))
    pool = twelve_band_pool(data)
    for rule in RULES:
        print(row(rule, list(images(rule, data)), pool))


def images(rule: Rule, data: Path) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """(DN (rows, cols, 4 or 12) float, candidates (rows, cols) bool) of each image of the rule's source."""
    if rule.source == "unlabelled":
        for file in sorted((data / "s2_l2a_unlabelled").glob("*.npz")):
            for patch in np.load(file)["x"]:
                yield patch.astype(float), np.ones(patch.shape[:2], bool)
    elif rule.source == "thailand":
        folder = data / "scenes" / "major_tom_T48QUE_thailand_2020-02-23"
        layers = []
        for band in BANDS:
            with rasterio.open(folder / f"{band}.tif") as file:
                layers.append(file.read(1, out_shape=(1068, 1068)))
        yield np.stack(layers, axis=-1).astype(float), np.ones((1068, 1068), bool)
    else:
        folder = data / "bigearthnet" / "six_band_patches"
        patches = np.load(folder / "patches.npz")
        with (folder / "labels.csv").open(newline="") as file:
            notes = {r["patch_id"]: r for r in csv.DictReader(file)}
        for name, dn, code in zip(patches["patch_id"], patches["s2_dn"], patches["clc_code"], strict=True):
            note = notes[str(name)]
            month = int(str(name).split("_")[2][4:6])
            clear = note["contains_seasonal_snow"] == note["contains_cloud_or_shadow"] == "False"
            if clear and month in rule.months:
                yield dn.astype(float), np.isin(code, [c % 256 for c in rule.codes])


def select(rule: Rule, dn: np.ndarray, candidates: np.ndarray) -> np.ndarray:
    blue, green, red, nir = np.moveaxis(dn[..., FOUR] if dn.shape[-1] == 12 else dn, -1, 0)
    ndvi = (nir - red) / (nir + red + 1)
    found = candidates & (ndvi >= rule.ndvi[0]) & (ndvi < rule.ndvi[1]) & (blue >= rule.blue[0]) & (blue < rule.blue[1])
    if dn.shape[-1] == 12:
        found &= (dn[..., BANDS.index("B11")] >= rule.swir[0]) & (dn[..., BANDS.index("B11")] < rule.swir[1])
    return found & (green > nir) if rule.water else found


def row(rule: Rule, scenes: list[tuple[np.ndarray, np.ndarray]], pool: np.ndarray) -> str:
    """One entry of the table, ready to be pasted."""
    means, residuals, pairs, count, places = [], [], [], 0, 0
    for dn, candidates in scenes:
        found = select(rule, dn, candidates)
        count += int(found.sum())
        places += bool(found.any())
        for r in range(0, found.shape[0], TILE):
            for c in range(0, found.shape[1], TILE):
                mask, tile = found[r : r + TILE, c : c + TILE], dn[r : r + TILE, c : c + TILE]
                if mask.sum() < ENOUGH:
                    continue
                mean = tile[mask].mean(axis=0)
                means.append(mean)
                rest = np.where(mask[..., None], tile - mean, np.nan)
                residuals.extend(corners(tile, mask))
                nir = rest[..., -1 if dn.shape[-1] == 4 else FOUR[-1]]
                pairs.append(np.stack([nir[:, :-1].ravel(), nir[:, 1:].ravel()]))
    centres = fill(np.array(means), pool)
    mean = centres.mean(axis=0)
    texture = np.concatenate(residuals)
    if texture.shape[1] == 4:  # the texture around the mean, in the eight bands as nearest pixels have it
        texture = texture[np.random.default_rng(0).permutation(len(texture))[:4000]]
        texture = fill(np.maximum(texture + mean[FOUR], 1), pool) - mean
    left, right = np.concatenate(pairs, axis=1)
    both = np.isfinite(left) & np.isfinite(right)
    neighbour = np.corrcoef(left[both], right[both])[0, 1]
    lines = [f"    # {rule.source}: {count} pixels in {places} images, {len(means)} tiles of 80 m"]
    lines.append(f'    "{rule.name}": Spectrum({neighbour:.2f},')
    for vector in (mean, *factors(centres), *factors(texture)):
        lines.append("        (" + ", ".join(f"{round(v)}" for v in vector) + "),")
    return "\n".join(lines) + "\n    ),"


def corners(tile: np.ndarray, mask: np.ndarray) -> Iterator[np.ndarray]:
    """(n, bands) deviations from the mean of each corner of 40 m, with the spread of an unbiased estimate."""
    for r in range(0, tile.shape[0], CORNER):
        for c in range(0, tile.shape[1], CORNER):
            found = mask[r : r + CORNER, c : c + CORNER]
            if found.sum() >= FULL:
                pixels = tile[r : r + CORNER, c : c + CORNER][found]
                yield (pixels - pixels.mean(axis=0)) * np.sqrt(len(pixels) / (len(pixels) - 1))


def factors(samples: np.ndarray) -> np.ndarray:
    """(2, 12): the two strongest principal components, each scaled to one standard deviation of its own."""
    _, sizes, axes = np.linalg.svd(samples - samples.mean(axis=0), full_matrices=False)
    scaled = np.zeros((2, samples.shape[1]))
    n = min(2, len(sizes))
    scaled[:n] = axes[:n] * sizes[:n, None] / np.sqrt(max(len(samples) - 1, 1))
    return scaled * np.where(scaled.sum(axis=1, keepdims=True) < 0, -1, 1)


def twelve_band_pool(data: Path) -> np.ndarray:
    """(n, 12) pixels drawn evenly from the 12-band sets: unlabelled patches and the Thailand scene."""
    parts = []
    for source, step in (("unlabelled", 97), ("thailand", 397)):
        for dn, _ in images(Rule("", source), data):
            parts.append(dn.reshape(-1, 12)[::step])
    return np.concatenate(parts)


def fill(pixels: np.ndarray, pool: np.ndarray) -> np.ndarray:
    """(n, 12) from (n, 4): the missing bands are the mean of the nearest pool pixels, by ratio of values."""
    if pixels.shape[1] == 12:
        return pixels
    known, wanted = np.log(pool[:, FOUR] + 50), np.log(pixels + 50)
    out = np.empty((len(pixels), 12))
    for start in range(0, len(pixels), 256):
        part = wanted[start : start + 256]
        distance = (part**2).sum(1)[:, None] - 2 * part @ known.T + (known**2).sum(1)
        nearest = np.argpartition(distance, NEIGHBOURS, axis=1)[:, :NEIGHBOURS]
        out[start : start + 256] = pool[nearest].mean(axis=1)
    out[:, FOUR] = pixels
    return out


if __name__ == "__main__":
    main()
