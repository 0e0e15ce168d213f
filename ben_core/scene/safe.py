"""Sentinel-2 products in ESA's SAFE layout, Level-1C and Level-2A, as folder or zip."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from ..errors import DataError
from ..nomenclature import BANDS
from .grids import TOLERANCE, Lattice, check_size, common_grid, crs_name
from .layers import L1C_NOTE, Layer, l1c_refused, place, resampled_notes, scl_mask
from .metadata import FIRST_WITH_OFFSET, ProductInfo, TileInfo, product_info, tile_info
from .numbers import UNIT, Numbers
from .safe_images import Images, find_images
from .safexml import read_xml
from .trees import FolderTree, Tree, ZipTree, read_small
from .types import PIXEL, PixelGrid, Scene

TILE_SIDE = 10_980  # px of 10 m: a whole MGRS tile of Sentinel-2

# "MTD_MSIL2A.xml" (odd spelling MTD_MSIL2a.xml seen); before December 2016
# "S2A_OPER_MTD_SAFL1C_PDMC_…xml" and "S2A_USER_MTD_SAFL2A_PDMC_…xml".
_PRODUCT_XML = re.compile(r"(MTD_MSIL(1C|2A)|S2[A-D]_(OPER|USER)_MTD_SAFL(1C|2A)_.*)\.xml", re.IGNORECASE)
_TILE_XML = re.compile(r"(MTD_TL|S2[A-D]_(OPER|USER)_MTD_L(1C|2A)_TL_.*)\.xml", re.IGNORECASE)
_SAFE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")


def find_product(path: Path) -> tuple[Tree, str] | None:
    """The product's files and its metadata file, where ``path`` is or holds a SAFE product; else None.

    ``path``: SAFE folder, folder around one, zip, or the metadata file itself.
    """
    if path.is_file() and path.suffix.lower() == ".zip":
        tree: Tree = ZipTree(path)
        return tree, _one_product_xml(tree)
    if path.is_file():
        return (FolderTree(path.parent), path.name) if _PRODUCT_XML.fullmatch(path.name) else None
    products = [path, *sorted(p for p in path.glob("*.SAFE") if p.is_dir())]
    products = [p for p in products if any(_PRODUCT_XML.fullmatch(f.name) for f in p.iterdir())]
    if len(products) > 1:
        raise DataError(f"{path} holds {len(products)} products.", "Give one of them.")
    if not products:
        if path.suffix.upper() == ".SAFE":
            raise DataError(f"{path} lacks its metadata file MTD_MSIL2A.xml.", "Download the product again.")
        return None
    tree = FolderTree(products[0])
    return tree, _one_product_xml(tree)


def open_safe(
    tree: Tree, product_xml: str, scale: float | None, offset: float | None, allow_l1c: bool, name: str | None
) -> Scene:
    """The scene of a product. Bands whose file is absent or cut off are left out (``require_bands`` says why)."""
    info = product_info(read_xml(read_small(tree, product_xml), f"{tree.label}: {product_xml}"), product_xml)
    if info.level == "L1C" and not allow_l1c:
        raise l1c_refused(tree.label)
    base = str(PurePosixPath(product_xml).parent).removeprefix(".")
    inside = [n for n in tree.names if n.startswith(f"{base}/")] if base else list(tree.names)
    tile_xml, granule = _granule(tree, inside)
    tile = tile_info(read_xml(read_small(tree, tile_xml), f"{tree.label}: {tile_xml}"), tile_xml) if tile_xml else None

    images = find_images(tree, [n for n in inside if n.startswith(f"{granule}/IMG_DATA/")])
    _check_listed(tree, product_xml, info, images)
    grid = _tile_grid(tile, images.all) if tile else _own_grid(tree, images.all)
    numbers = {band: _numbers(info, band, scale, offset, tree.label) for band in images.layers}
    sources = {band: place(layer, BANDS[band].resolution, grid, numbers[band]) for band, layer in images.layers.items()}
    folders = [f"{granule}/IMG_DATA" + (f"/R{size}m" if info.level == "L2A" else "") for size in (10, 20, 60)]
    used = [tree.disk_path(n) for n in (product_xml, tile_xml, *images.names) if n]
    return Scene(
        name=name or _stem(tree, base, info),
        sensor="sentinel-2",
        level=info.level,
        grid=grid,
        bands=sources,
        acquired=info.acquired,
        tile=tile.tile if tile and grid.width == grid.height == TILE_SIDE else None,
        platform=info.platform,
        baseline=info.baseline,
        radiometry=_words(info, scale, offset),
        mask=scl_mask(images.scl, grid) if images.scl else None,
        notes=tuple(_notes(info, tile, images, offset) + resampled_notes(sources)),
        files=tuple(dict.fromkeys(used)),
        source=tree.label,
        footprint=info.footprint,
        extra={
            "searched": tuple(dict.fromkeys(folders)),
            "left_out": images.left_out,
            "generated": tile is not None and tile.generated,
        },
    )


def _one_product_xml(tree: Tree) -> str:
    """The product's metadata file: the one nearest to the top."""
    found = [n for n in tree.names if _PRODUCT_XML.fullmatch(PurePosixPath(n).name)]
    top = [n for n in found if n.count("/") == min(m.count("/") for m in found)]
    if len(top) != 1:
        raise DataError(
            f"{tree.label} holds {len(top) or 'no'} Sentinel-2 product{'s' if len(top) > 1 else ''} "
            "(metadata file MTD_MSIL2A.xml or MTD_MSIL1C.xml).",
            "Give one product.",
        )
    return top[0]


def _granule(tree: Tree, inside: Sequence[str]) -> tuple[str | None, str]:
    """The tile's metadata file (None where absent) and its folder; DataError for products of several tiles."""
    folders = {m[1] for n in inside if (m := re.match(r"((?:.*/)?GRANULE/[^/]+)/", n))}
    if len(folders) != 1:
        raise DataError(
            f"{tree.label} holds {len(folders) or 'no'} tiles (folders in GRANULE).",
            "Give a product of one tile: cut an old multi-tile product into tiles first."
            if folders
            else "Download the product again.",
        )
    granule = folders.pop()
    found = [n for n in inside if _TILE_XML.fullmatch(n.removeprefix(f"{granule}/"))]
    return (found[0] if found else None), granule


def _check_listed(tree: Tree, product_xml: str, info: ProductInfo, images: Images) -> None:
    """DataError where the metadata list none of the images: their offset would be that of another product."""
    found = {PurePosixPath(name).stem for name in images.names}
    if found and info.images and not found & info.images:
        raise DataError(
            f"{tree.label}: {product_xml} lists other images ({min(info.images)}, …) than there are ({min(found)}, …).",
            "Do image and metadata come from the same product? Download it again.",
            "mismatch",
        )


def _tile_grid(tile: TileInfo, layers: Sequence[Layer]) -> PixelGrid:
    """The grid that MTD_TL.xml gives; DataError where an image lies elsewhere (metadata of another product)."""
    rows, columns = tile.sizes[PIXEL]
    grid = check_size(PixelGrid(tile.crs, tile.left, tile.top, columns, rows))
    for layer in layers:
        lattice = layer.file.lattice
        size = lattice.resolution or 0
        wanted = _place_words(tile.crs, tile.left, tile.top, *tile.sizes.get(size, (0, 0)))
        found = _place_words(
            crs_name(lattice.crs), lattice.transform.c, lattice.transform.f, lattice.height, lattice.width
        )
        off = max(abs(lattice.transform.c - tile.left), abs(lattice.transform.f - tile.top))
        same_size = tile.sizes.get(size) == (lattice.height, lattice.width)
        if crs_name(lattice.crs) != tile.crs or off > TOLERANCE * PIXEL or not same_size:
            raise DataError(
                f"{layer.file.path} does not lie where MTD_TL.xml says: file {found}, metadata {wanted}.",
                "Do image and metadata come from the same product? Download it again.",
                "mismatch",
            )
    return grid


def _place_words(crs: str, left: float, top: float, rows: int, columns: int) -> str:
    return f"{crs}, corner {left:.2f}, {top:.2f}, {columns} x {rows} pixels"


def _own_grid(tree: Tree, layers: Sequence[Layer]) -> PixelGrid:
    """Without MTD_TL.xml the images alone say where they lie."""
    lattices: dict[str, Lattice] = {layer.file.path: layer.file.lattice for layer in layers}
    grid = common_grid(lattices) if lattices else None
    if grid is None:
        raise DataError(
            f"{tree.label} lacks MTD_TL.xml, and {'its images do not agree' if lattices else 'it has no images'}.",
            "Download the product again.",
        )
    return grid


def _numbers(info: ProductInfo, band: str, scale: float | None, offset: float | None, label: str) -> Numbers:
    """DN = (stored + offset) x 10000 / quantification by the metadata, unless the user gives his own."""
    if offset is None and not info.offsets and (info.baseline or "") >= FIRST_WITH_OFFSET:
        raise DataError(
            f"{label} is of processing baseline {info.baseline}, but its metadata hold no radiometric offsets.",
            "Download the product again, or give --offset -1000 (0 where the offset was taken off already).",
            "offset",
        )
    unit = UNIT / info.quantification
    return Numbers(
        unit if scale is None else scale, info.offsets.get(band, 0.0) * unit if offset is None else offset, ""
    )


def _words(info: ProductInfo, scale: float | None, offset: float | None) -> str:
    kinds = sorted(set(info.offsets.values()))
    said = "no offset" if not kinds else "offset " + " or ".join(f"{k:+g}" for k in kinds)
    given = [f"--{n} {v:g}" for n, v in (("scale", scale), ("offset", offset)) if v is not None]
    return (
        f"Level-{info.level[1:]}, processing baseline {info.baseline or 'unknown'}: {said}, quantification "
        f"{info.quantification:g} by the metadata"
        + (f", overruled by {' '.join(given)}" if given else "")
        + "; values become reflectance x 10000 without offset, at least 1; 0 stays no data."
    )


def _notes(info: ProductInfo, tile: TileInfo | None, images: Images, offset: float | None) -> list[tuple[str, str]]:
    notes = [("band-left-out", why) for why in images.left_out.values()]
    notes += [("image-doubtful", why) for why in images.doubts]
    if info.level == "L1C":
        notes.append(L1C_NOTE)
    elif images.scl is None:
        notes.append(("no-mask", "The product has no scene classification (SCL): clouds and snow are not skipped."))
    if tile is not None and tile.generated:
        notes.append(("generated", "This product was made by BigEarthNet Mapper: its pixels are no observation."))
    if tile is None:
        notes.append(("no-tile-metadata", "MTD_TL.xml is missing: the images alone say where they lie."))
    if offset is not None and info.offsets:
        notes.append(("offset-given", f"The offset in the metadata is not applied: --offset {offset:g} was given."))
    return notes


def _stem(tree: Tree, base: str, info: ProductInfo) -> str:
    """The product's name without .SAFE or .zip, fit for file names."""
    for text in (PurePosixPath(base).name, Path(tree.label).resolve().name, info.uri):
        if text.upper().endswith(".SAFE") and _SAFE_NAME.fullmatch(text):
            return text[: -len(".SAFE")]
    return Path(tree.label).resolve().stem
