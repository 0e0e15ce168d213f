"""The files of a product, in a folder or in a zip that is read in place and never unpacked."""

from __future__ import annotations

import os
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import IO, Protocol

from ..errors import DataError
from .safexml import MAX_BYTES

# A product has 60 to 200 files and about 1 GB; the multi-tile ones before 2016 had 7 GB.
MAX_MEMBERS = 20_000
MAX_TOTAL = 64 * 2**30
# JPEG 2000 does not shrink any further and XML shrinks to a tenth; only a bomb shrinks to a hundredth.
MAX_RATIO = 100
SMALL = 256 * 2**20  # bytes unpacked: below that no ratio is an attack


class Tree(Protocol):
    """Files by their path inside the product ("GRANULE/…/B02.jp2", always with "/")."""

    @property
    def label(self) -> str:
        """What the user calls it."""

    @property
    def names(self) -> tuple[str, ...]: ...

    @property
    def random_access(self) -> bool:
        """Whether jumping within a file costs nothing."""

    def size(self, name: str) -> int: ...

    def open(self, name: str) -> IO[bytes]: ...

    def gdal_path(self, name: str) -> str: ...

    def disk_path(self, name: str) -> str:
        """The file on disk that holds it: itself, or the zip."""


class FolderTree:
    """A product in a folder; folders behind links are not entered."""

    random_access = True

    def __init__(self, root: Path) -> None:
        self.root = root
        found = []
        for folder, _, files in os.walk(root):
            found += [Path(folder, f).relative_to(root).as_posix() for f in files]
            if len(found) > MAX_MEMBERS:
                raise DataError(f"{root} holds more than {MAX_MEMBERS} files.", "Give the product's own folder.")
        self.names = tuple(sorted(found))

    @property
    def label(self) -> str:
        return str(self.root)

    def size(self, name: str) -> int:
        return (self.root / name).stat().st_size

    def open(self, name: str) -> IO[bytes]:
        return (self.root / name).open("rb")

    def gdal_path(self, name: str) -> str:
        return str(self.root / name)

    def disk_path(self, name: str) -> str:
        return str(self.root / name)


class ZipTree:
    """A product in a zip file. DataError for a damaged, encrypted or hostile one."""

    random_access = False

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        try:
            self._zip = zipfile.ZipFile(self.path)
        except (zipfile.BadZipFile, NotImplementedError, ValueError) as e:
            raise DataError(f"{path} is no readable zip file: {e}.", "Was it downloaded whole? Fetch it again.") from e
        self._members = {m.filename: m for m in self._zip.infolist() if not m.is_dir()}
        _check_members(str(path), self._zip.infolist(), self.path.stat().st_size)
        self.names = tuple(sorted(self._members))

    @property
    def label(self) -> str:
        return str(self.path)

    def size(self, name: str) -> int:
        return self._members[name].file_size

    def open(self, name: str) -> IO[bytes]:
        try:
            return self._zip.open(self._members[name])
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError, ValueError) as e:
            raise DataError(f"{self.path}: {name} cannot be read: {e}.", "Fetch the file again.") from e

    def gdal_path(self, name: str) -> str:
        path = str(self.path)
        # Braces around the path let it have any ending, but GDAL counts those within it, too.
        return f"/vsizip/{path}/{name}" if "{" in path or "}" in path else f"/vsizip/{{{path}}}/{name}"

    def disk_path(self, name: str) -> str:
        return str(self.path)


def read_small(tree: Tree, name: str) -> bytes:
    """A metadata file; DataError where it is too large or damaged."""
    if tree.size(name) > MAX_BYTES:
        raise DataError(f"{tree.label}: {name} has more than {MAX_BYTES >> 20} MB, too much for metadata.", "", "xml")
    try:
        with tree.open(name) as f:
            return f.read(MAX_BYTES + 1)  # a zip may lie about sizes: never read on
    except (OSError, EOFError, zipfile.BadZipFile, zlib.error) as e:
        raise DataError(f"{tree.label}: {name} cannot be read: {e}.", "Fetch the file again.") from e


def _check_members(label: str, members: list[zipfile.ZipInfo], size: int) -> None:
    def refuse(why: str, hint: str = "Do not trust this file; fetch the product from its source.") -> DataError:
        return DataError(f"{label} {why}.", hint, "zip")

    if len(members) > MAX_MEMBERS:
        raise refuse(f"holds {len(members)} files, more than the {MAX_MEMBERS} of any product")
    seen = set()
    for m in members:
        parts = PurePosixPath(m.filename).parts
        if m.filename.startswith("/") or "\\" in m.filename or ":" in m.filename or ".." in parts:
            raise refuse(f"holds {m.filename!r}, a path that leads out of the product")
        if m.filename in seen:
            raise refuse(f"holds {m.filename!r} twice")
        seen.add(m.filename)
        if m.flag_bits & 0x1:
            raise refuse("is encrypted", "Decrypt it first.")
    unpacked, packed = sum(m.file_size for m in members), sum(m.compress_size for m in members)
    if unpacked > MAX_TOTAL or packed > size or (unpacked > SMALL and unpacked > MAX_RATIO * size):
        raise refuse(f"would unpack from {size:,} to {unpacked:,} bytes, as no real product does")
