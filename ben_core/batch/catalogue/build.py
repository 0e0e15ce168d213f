"""Finished scenes become one catalogue: read this first.

entries (items) -> every scene once: counts, table of cells -> mosaics -> collection, overview
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from ...clock import Progress
from ...errors import Cancelled, DataError, JobError
from ...events import Emit, silent
from ...machine import trim_memory
from ...products.journal import write_whole
from ...products.words import counted
from ...storage import writing
from ...zones.count import WEIGHTS
from ..layout import Layout, failures, finished, read_json
from .answers import check_raster, forget
from .cells import read_cells
from .charts import cover_over_time, over_time
from .counts import PERIODS, SCENE_COLUMNS, Counter, main_class, scene_row, write_counts
from .cover import CoverCounter, read_piece, write_cover
from .entries import Entry, read_entry
from .mosaic import Mosaic, write_finer_mosaic, write_mosaic, write_scenes
from .overview import Failure, Overview, SceneLine, write_overview
from .patches import FORMATS, open_table
from .publish import whole_folder
from .rules import RULES
from .stac import write_collection
from .standing import forget_note, keep_note, made_of, told_by
from .target import default_crs, known_crs
from .virtual import Piece

AUTO, NONE = "auto", "none"
_TRIM_EVERY = 100  # scenes


@dataclass(frozen=True)
class CatalogueOptions:
    """What a catalogue holds.

    rule         whose answer counts where scenes overlap (see ``rules``)
    mosaic_crs   CRS of the mosaic of all scenes; "auto": an equal-area one; "none": only one for each CRS of scenes
    resolution   metres of the mosaics' pixels; None: see ``target.make_target``
    patches      "gpkg", "parquet" or "none": the table of all cells
    patches_crs  its CRS
    period       "day", "month" or "year": what is counted together
    zones        polygons to count in; ``layer``, ``id_field`` and ``weight`` as in ``zones.zone_statistics``
    title        of the collection and the overview
    """

    rule: str = "latest"
    mosaic_crs: str = AUTO
    resolution: float | None = None
    patches: str = "gpkg"
    patches_crs: str = "EPSG:4326"
    period: str = "month"
    zones: str | None = None
    layer: str | None = None
    id_field: str | None = None
    weight: str = "centre"
    title: str = "Land-cover catalogue"

    def __post_init__(self) -> None:
        for option, known in (("rule", RULES), ("patches", FORMATS), ("period", PERIODS), ("weight", WEIGHTS)):
            if getattr(self, option) not in known:
                raise JobError(
                    f"--{option} {getattr(self, option)!r} is unknown.", "Choose one of: " + ", ".join(known) + "."
                )
        if self.mosaic_crs not in (AUTO, NONE):
            known_crs(self.mosaic_crs, "--mosaic-crs")
        known_crs(self.patches_crs, "--patches-crs")
        if self.resolution is not None and not 0 < self.resolution < 1e6:
            raise JobError(f"--mosaic-resolution {self.resolution!r} is no length in metres.")
        if self.zones is None and (self.layer or self.id_field or self.weight != WEIGHTS[0]):
            raise JobError("--layer, --id-field and --weight say how --zones is read, and none is given.")
        if not self.title.strip():
            raise JobError("The title is empty.", "Leave it out, or give one.")


@dataclass(frozen=True)
class Catalogue:
    """What was made: files by key ("collection", "overview", "EPSG3035:classes", ...), and what was left out, why."""

    folder: Path
    files: Mapping[str, Path]
    scenes: int
    failed: int
    left_out: Mapping[str, str]
    notes: tuple[str, ...]


def build_catalogue(
    out: str | Path,
    options: CatalogueOptions | None = None,
    emit: Emit = silent,
    stop: Callable[[], bool] = lambda: False,
) -> Catalogue:
    """Make OUT/catalogue of all finished scenes of a batch, whole or not at all: what stood there stays until then.

    options   None: those of the last catalogue in this folder, else the defaults
    The bytes follow from the scenes' products and the options alone. A scene with a product that cannot be read is
    left out with its reason; the rest goes on. Where a catalogue of just these stands, it is not made again.
    Raises JobError (options), DataError (no scene, zones), StorageError, OutputError, Cancelled.
    """
    layout = Layout(Path(out))
    options = options or remembered(layout)
    plain = _plain(options)
    key = made_of(layout, plain)
    told = told_by(layout, key)
    if told is not None:
        emit("step", name="catalogue", text="The catalogue is up to date")
    else:
        emit("step", name="catalogue", text="Making the catalogue")
        with whole_folder(layout.catalogue) as folder:
            files, entries, left_out, notes, failed = _Builder(layout, options, emit, stop).build(folder)
            forget_note(layout)
        _remember(layout, plain)
        places = {kind: path.relative_to(folder).as_posix() for kind, path in files.items()}
        told = {"files": places, "scenes": entries, "failed": failed, "left_out": left_out, "notes": notes}
        if not left_out:  # what could not be read may be there again
            keep_note(layout, key, told)
    found = {kind: layout.catalogue / place for kind, place in told["files"].items()}
    for kind, path in found.items():
        emit("output", kind=kind, path=str(path))
    return Catalogue(layout.catalogue, found, told["scenes"], told["failed"], told["left_out"], tuple(told["notes"]))


def remembered(layout: Layout) -> CatalogueOptions:
    """The options of the last catalogue that was made; the defaults where there is none. Raises JobError."""
    document = read_json(_options_file(layout))
    try:
        return CatalogueOptions(**(document or {}))
    except TypeError as e:
        raise JobError(
            f"The options in {_options_file(layout)} were written by another version.",
            "Give them again to `ben batch catalogue`, or remove that file.",
        ) from e


def _plain(options: CatalogueOptions) -> dict[str, Any]:
    zones = str(Path(options.zones).absolute()) if options.zones else None
    return asdict(replace(options, zones=zones))


def _remember(layout: Layout, options: Mapping[str, Any]) -> None:
    write_whole(_options_file(layout), json.dumps(options, indent=1, ensure_ascii=False).encode())


def _options_file(layout: Layout) -> Path:
    return layout.out / ".catalogue.json"


class _Builder:
    def __init__(self, layout: Layout, options: CatalogueOptions, emit: Emit, stop: Callable[[], bool]) -> None:
        self.layout, self.options, self.emit, self.stop = layout, options, emit, stop
        self.left_out: dict[str, str] = {}
        self.notes: list[str] = []

    def build(self, folder: Path) -> tuple[dict[str, Path], int, dict[str, str], tuple[str, ...], int]:
        o = self.options
        forget()
        failed = [Failure(d["name"], d["message"], d["hint"]) for d in failures(self.layout)]
        entries = self._entries()
        files: dict[str, Path] = {}
        counter = Counter(o.period, Path(o.zones) if o.zones else None, o.layer, o.id_field, o.weight)
        cover = CoverCounter(o.period)
        lines = self._count(entries, counter, cover, folder, files)
        entries = [e for e in entries if e.name not in self.left_out]
        if not entries and not failed and not self.left_out:
            raise DataError(
                f"{self.layout.out} holds no finished scene.", "Map scenes into it with `ben batch SCENES… --out DIR`."
            )
        files["counts"] = folder / "counts.csv"
        write_counts(counter, files["counts"])
        files["chart"] = folder / "over_time.svg"
        with writing(files["chart"]):
            files["chart"].write_text(over_time(counter.ordered()), encoding="utf-8")
        if cover.pieces:
            self.emit("step", name="cover", text=f"Cover by the 10 m maps of {counted(len(cover.pieces), 'scene')}")
            cover.count(self._check_stop)
            files |= {"cover": folder / "cover.csv", "cover_chart": folder / "cover_over_time.svg"}
            write_cover(cover.ordered(), files["cover"])
            with writing(files["cover_chart"]):
                files["cover_chart"].write_text(cover_over_time(cover.ordered()), encoding="utf-8")
        mosaics = self._mosaics(entries, folder / "mosaic")
        for mosaic in mosaics:
            files |= _shown(mosaic)
            members = [e for e in entries if e.crs == mosaic.target.crs]
            if members:
                made = write_scenes(mosaic, members, cover.pieces)
                files |= {f"{mosaic.name}:{kind}": path for kind, path in made.items()}
                files |= self._finer_mosaic(members, cover.pieces, folder / "mosaic")
        self._note_sizes(entries)
        if 0 < len(cover.pieces) < len(entries):
            self._note(
                "cover", f"{len(cover.pieces)} of {len(entries)} scenes have a 10 m map: cover is that of these."
            )
        files["overview"] = folder / "overview.html"
        write_overview(
            Overview(
                o.title,
                entries,
                lines,
                failed,
                dict(self.left_out),
                counter,
                cover,
                mosaics,
                files,
                tuple(self.notes),
                o.rule,
            ),
            files["overview"],
        )
        files["collection"] = folder / "collection.json"
        own = {key: path for key, path in files.items() if key != "collection"}
        write_collection(entries, own, files["collection"], o.title)
        notes = (*self.notes, *(note for mosaic in mosaics for note in mosaic.notes))
        return files, len(entries), self.left_out, notes, len(failed)

    def _entries(self) -> list[Entry]:
        """By place and time: scenes that share their cells come one after the other."""
        found = []
        for scene in finished(self.layout.out):
            self._check_stop()
            try:
                found.append(read_entry(scene))
            except DataError as e:
                self._leave_out(scene.name, e)
        return sorted(found, key=lambda e: (e.place, e.time, e.name))

    def _count(
        self, entries: list[Entry], counter: Counter, cover: CoverCounter, folder: Path, files: dict[str, Path]
    ) -> list[SceneLine]:
        """Look at every scene once: what cannot be read is found here, before anything is made of it."""
        o, lines = self.options, []
        files["scenes"] = folder / "scenes.csv"
        self.emit("step", name="count", text=f"Counting the cells of {counted(len(entries), 'scene')}")
        progress = Progress(self.emit, len(entries), 0, unit="scenes")
        with ExitStack() as open_files:
            open_files.enter_context(writing(files["scenes"]))
            writer = csv.DictWriter(
                open_files.enter_context(files["scenes"].open("w", newline="", encoding="utf-8")), SCENE_COLUMNS
            )
            writer.writeheader()
            table = None
            if o.patches != NONE and entries:
                files["patches"] = folder / f"patches.{o.patches}"
                table = open_files.enter_context(open_table(o.patches, files["patches"], o.patches_crs))
            for e in entries:
                self._check_stop()
                try:
                    cells = read_cells(e)
                    check_raster(e)
                except DataError as problem:
                    self._leave_out(e.name, problem)
                    continue
                zones = counter.zones(cells)  # not in a try: what is wrong with these ends it all
                try:
                    piece = read_piece(e)
                except DataError as problem:
                    self._leave_out(e.name, problem)
                    continue
                own = counter.add(cells)
                if piece is not None:
                    cover.add(e, piece, zones)
                writer.writerow(scene_row(e, own))
                lines.append(SceneLine(e, own.cells, own.not_mapped, main_class(own)))
                if table is not None:
                    table.add(cells)
                progress.add(1)
                if len(lines) % _TRIM_EVERY == 0:
                    trim_memory()
        if "patches" in files and not files["patches"].exists():  # every scene was left out
            del files["patches"]
        return lines

    def _mosaics(self, entries: list[Entry], folder: Path) -> list[Mosaic]:
        """One a CRS of scenes (a UTM zone), and one of all."""
        if not entries:
            return []
        with writing(folder):
            folder.mkdir()
        groups: dict[str, list[Entry]] = {}
        for e in entries:
            groups.setdefault(e.crs, []).append(e)
        jobs = [(crs, groups[crs]) for crs in sorted(groups)]
        wanted = default_crs(entries) if self.options.mosaic_crs == AUTO else self.options.mosaic_crs
        if wanted != NONE and (wanted not in groups or len(groups) > 1):
            jobs = [job for job in jobs if job[0] != wanted] + [(wanted, entries)]
        made = []
        for crs, members in jobs:
            self.emit("step", name="mosaic", text=f"Mosaic of {counted(len(members), 'scene')} in {crs[:40]}")
            mosaic = write_mosaic(
                members,
                folder,
                crs=crs,
                rule=self.options.rule,
                pixel=self.options.resolution,
                tick=self._check_stop,
            )
            for note in mosaic.notes:
                self.emit("warning", code="mosaic", message=note)
            made.append(mosaic)
        return made

    def _finer_mosaic(self, members: list[Entry], pieces: Mapping[str, Piece], folder: Path) -> dict[str, Path]:
        """The mosaic of the 10 m maps of one CRS; nothing where no scene has one."""
        having = [e for e in members if e.name in pieces]
        if not having:
            return {}
        crs = having[0].crs
        self.emit("step", name="mosaic", text=f"Mosaic of {counted(len(having), '10 m map')} in {crs[:40]}")
        try:
            mosaic = write_finer_mosaic(having, pieces, folder, crs=crs, rule=self.options.rule, tick=self._check_stop)
        except JobError as e:  # scenes that lie too far apart for one raster of such pixels; their VRT stands
            self._note("mosaic", f"There is no mosaic of the 10 m maps. {e.message}")
            return {}
        for note in mosaic.notes:
            self._note("mosaic", note)
        return _shown(mosaic)

    def _note_sizes(self, entries: list[Entry]) -> None:
        sizes = sorted({e.side for e in entries})
        if len(sizes) > 1:
            told = ", ".join(f"{s:g} m" for s in sizes)
            self._note("cells", f"Scenes have cells of several sizes ({told}): compare areas, not numbers of cells.")
        models = sorted({e.model for e in entries})
        if len(models) > 1:
            self._note("models", f"Scenes were mapped by several models ({', '.join(models)}): compare with care.")
        if any(not e.time for e in entries):
            self._note("time", "Scenes without acquisition time count as older than all others.")

    def _leave_out(self, name: str, error: DataError) -> None:
        self.left_out[name] = error.message
        self.emit("warning", code="left-out", message=f"{name} is left out of the catalogue: {error.message}")

    def _note(self, code: str, text: str) -> None:
        self.notes.append(text)
        self.emit("warning", code=code, message=text)

    def _check_stop(self) -> None:
        if self.stop():
            raise Cancelled(
                "The catalogue was stopped before it was whole.", "Run the same command again; the old one stands."
            )


def _shown(mosaic: Mosaic) -> dict[str, Path]:
    """The files of a mosaic that the catalogue names, by key."""
    return {f"{mosaic.name}:{kind}": mosaic.files[kind] for kind in ("classes", "probability", "vrt")}
