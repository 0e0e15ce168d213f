"""Which scenes there are: lists, folders, globs, items; names that are their own."""

import errno
import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ben_core.batch.identity import source_state
from ben_core.batch.layout import Layout
from ben_core.batch.sources import Found, find_scenes, items_of, products_in, tasks_of
from ben_core.batch.types import SceneTask
from ben_core.batch.watching import Watched
from ben_core.errors import BenError, DataError, JobError
from ben_core.run.plan import scene_of

from .small_scenes import make_bands, make_scenes


@pytest.fixture(scope="module")
def scenes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = make_scenes(tmp_path_factory.mktemp("sources") / "scenes")
    make_bands(folder / "south", seed=3)
    return folder


def tasks(found: list[Found], tmp_path: Path, **common: Any) -> tuple[list[SceneTask], list[str]]:
    return tasks_of(found, common, tmp_path / "out", tmp_path / "items")


def test_a_folder_holds_scenes_and_each_has_the_name_that_ben_map_gives(scenes: Path, tmp_path: Path) -> None:
    found, notes = tasks(find_scenes([str(scenes)]), tmp_path, stride=60)
    assert len(found) == 4 and not notes
    for task in found:
        assert task.name == scene_of(task.job).name
        assert task.job.out == str(tmp_path / "out" / "scenes" / task.name) and task.job.stride == 60
        opened = scene_of(task.job.from_dict({**task.job.to_dict(), "name": None}))
        assert opened.name == task.name


def test_a_scene_is_a_folder_of_bands_a_product_or_a_raster(scenes: Path, tmp_path: Path) -> None:
    product = next(scenes.glob("*.SAFE"))
    assert products_in(scenes / "long") == [scenes / "long"]
    assert products_in(product) == [product]
    rasters = tmp_path / "rasters"
    rasters.mkdir()
    for name in ("a.tif", "b.tif"):
        shutil.copy(scenes / "long" / "B02.tif", rasters / name)
    assert [p.name for p in products_in(rasters)] == ["a.tif", "b.tif"]
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="holds no scenes"):
        products_in(tmp_path / "empty")


def test_globs_and_what_is_missing(scenes: Path) -> None:
    assert [Path(f.paths[0]).name for f in find_scenes([str(scenes / "*th")])] == ["north", "south"]
    for missing in (scenes / "*.jp2", scenes / "nothing", scenes / "nothing.json#a"):
        with pytest.raises(DataError):
            find_scenes([str(missing)])


def test_what_cannot_be_looked_at_is_a_scene_that_will_say_so(
    scenes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One link to nothing, or one folder without permission, does not end a batch of thousands."""
    folder = tmp_path / "incoming"
    shutil.copytree(scenes / "north", folder / "north")
    (folder / "gone.tif").symlink_to(tmp_path / "nothing")
    (folder / "gone.txt").symlink_to(tmp_path / "nothing")
    (folder / "closed").mkdir()
    real = Path.iterdir

    def closed(path: Path) -> Any:
        if path.name == "closed":
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr(Path, "iterdir", closed)
    assert [p.name for p in products_in(folder)] == ["closed", "gone.tif", "north"]
    assert [Path(f.paths[0]).name for f in find_scenes([str(folder / "gone.tif")])] == ["gone.tif"]


def test_what_a_list_names_and_is_gone_is_a_scene_that_will_say_so(scenes: Path, tmp_path: Path) -> None:
    (tmp_path / "north").symlink_to(scenes / "north")
    (tmp_path / "list.txt").write_text("north\ngone.SAFE\n", encoding="utf-8")
    north, gone = tasks(find_scenes([str(tmp_path / "list.txt")]), tmp_path)[0]
    assert north.name == "north" and (gone.name, gone.source) == ("gone", f"{tmp_path / 'list.txt'}:2")
    with pytest.raises(DataError, match=f"no file or folder {tmp_path / 'gone.SAFE'}"):
        scene_of(gone.job)
    (tmp_path / "nothing in it").mkdir()
    names = [t.name for t in tasks(find_scenes([str(tmp_path / "n*")]), tmp_path)[0]]
    assert names == ["north", "nothing_in_it"]


def test_given_twice_is_mapped_once_and_one_name_for_two_is_told(scenes: Path, tmp_path: Path) -> None:
    link = tmp_path / "elsewhere"
    link.symlink_to(scenes / "north")
    found, notes = tasks(find_scenes([str(scenes / "north"), str(link), str(scenes)]), tmp_path)
    assert len(found) == 4 and "2 scenes were given more than once" in notes[0]

    make_bands(tmp_path / "b" / "north")
    both = [str(scenes / "north"), str(tmp_path / "b" / "north")]
    one, notes = tasks(find_scenes(both), tmp_path)
    other, _ = tasks(find_scenes(both[::-1]), tmp_path)
    assert len({t.name for t in one}) == 2 and all(t.name.startswith("north-") for t in one)
    assert {t.name: t.job.scene for t in one} == {t.name: t.job.scene for t in other}, "a name hangs on the order"
    assert all(t.name in notes[0] for t in one)


def test_lists(scenes: Path, tmp_path: Path) -> None:
    here = tmp_path / "lists"
    shutil.copytree(scenes, here)
    (here / "all.txt").write_text("# all of them\nnorth\n\n*uth\n", encoding="utf-8")
    (here / "rows.csv").write_text(
        'scene,name,stride,max_cloud,bands,threshold,allow_l1c\nnorth,first,60,,"B02=1,B03=2",,\n'
        'south,second,,0.2,,"{""Urban fabric"": 0.3}",yes\n',
        encoding="utf-8",
    )
    (here / "each.toml").write_text(
        'stride = 60\n[[scene]]\nscene = "north"\n[[scene]]\nscene = ["south/B02.tif", "south/B03.tif"]\nstride = 30\nname = "two"\n',
        encoding="utf-8",
    )
    assert [f.paths for f in find_scenes([str(here / "all.txt")])] == [(str(here / "north"),), (str(here / "south"),)]
    first, second = tasks(find_scenes([str(here / "rows.csv")]), tmp_path, stride=90)[0]
    assert (first.name, first.job.stride, first.job.bands) == ("first", 60, {"B02": 1, "B03": 2})
    assert (second.name, second.job.stride, second.job.max_cloud) == ("second", 90, 0.2)
    assert second.job.threshold == {"Urban fabric": 0.3} and second.job.allow_l1c
    assert first.source.endswith("rows.csv:2")
    north, two = tasks(find_scenes([str(here / "each.toml")]), tmp_path)[0]
    assert (north.job.stride, two.job.stride, two.name) == (60, 30, "two")
    assert two.job.scene == (str(here / "south" / "B02.tif"), str(here / "south" / "B03.tif"))


def test_what_raw_radar_needs_lies_beside_its_list(scenes: Path, tmp_path: Path) -> None:
    (tmp_path / "north").symlink_to(scenes / "north")
    for name in ("dem.tif", "geoid.tif", "spare.json"):
        (tmp_path / name).touch()
    (tmp_path / "rows.csv").write_text(
        "scene,name,dem,geoid,height,orbit,fallback_model\nnorth,a,dem.tif,geoid.tif,,a.EOF;b.EOF,spare.json\n"
        "north,b,,egm96,120,,embedded\n"
    )
    a, b = (task.job for task in tasks(find_scenes([str(tmp_path / "rows.csv")]), tmp_path)[0])
    assert (a.dem, a.geoid, a.height) == (str(tmp_path / "dem.tif"), str(tmp_path / "geoid.tif"), None)
    assert (*a.orbit, a.fallback_model) == tuple(str(tmp_path / name) for name in ("a.EOF", "b.EOF", "spare.json"))
    assert (b.dem, b.geoid, b.height, b.orbit, b.fallback_model) == (None, "egm96", 120, (), "embedded")


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("a.csv", "path\nx\n", "no column 'scene'"),
        ("a.csv", "scene,strid\nnorth,60\n", "'strid', which is no option"),
        ("a.csv", "scene,stride\nnorth,wide\n", "a.csv:2: stride is 'wide'"),
        ("a.csv", "scene,stride\nnorth,60,70\n", "more cells"),
        ("a.toml", "scene = 3\n", "no list of tables"),
        ("a.toml", "[[scene]]\nname = 'x'\n", "names no scene"),
        ("a.toml", "[[scene\n", "is no TOML"),
        ("a.toml", "out = 'x'\n[[scene]]\nscene = 'north'\n", "'out', which is no option"),
        ("a.txt", "# nothing\n", "names no scene"),
        ("a.txt", "nowhere*\n", "Nothing is called nowhere*"),
        ("a.csv", "scene,name\nnorth,x\nsouth,x\n", "are to be named 'x'"),
        ("a.csv", "scene,name\n*th,x\n", "one name to 2 scenes"),
        ("a.csv", "scene,stride\nnorth,999\n", "a.csv:2: --stride 999"),
    ],
)  # fmt: skip
def test_lists_that_are_wrong_say_where(scenes: Path, tmp_path: Path, name: str, text: str, words: str) -> None:
    for scene in ("north", "south"):
        (tmp_path / scene).symlink_to(scenes / scene)
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(BenError) as caught:
        tasks(find_scenes([str(tmp_path / name)]), tmp_path)
    assert words in str(caught.value)


def test_items_of_a_collection_get_files_that_open_from_elsewhere(scenes: Path, tmp_path: Path) -> None:
    features = [
        {
            "type": "Feature", "stac_version": "1.0.0", "id": f"S2B:{name}", "properties": {"datetime": "2022-06-01T00:00:00Z"},
            "assets": {b: {"href": f"./{name}/{b}.tif"} for b in ("B02", "B03", "B04", "B08")}, "links": [{"rel": "self"}],
        }
        for name in ("north", "south")
    ]  # fmt: skip
    path = scenes / "found.json"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    try:
        found, _ = tasks(find_scenes([str(path)]), tmp_path)
        assert [t.name for t in found] == ["S2B_north", "S2B_south"]
        assert [len(scene_of(t.job).bands) for t in found] == [4, 4]
        # Read again, the files change in nothing: what is mapped stays mapped.
        before = [source_state(t.job.scene) for t in found]
        assert [source_state(t.job.scene) for t in tasks(find_scenes([str(path)]), tmp_path)[0]] == before
        assert find_scenes([f"{path}#S2B:north"])[0].paths == (f"{path}#S2B:north",)
    finally:
        path.unlink()
    # A band that came anew is another scene, though its item says the same.
    north = scenes / "north" / "B02.tif"
    times = north.stat().st_atime_ns, north.stat().st_mtime_ns
    try:
        os.utime(north, (1, 1))
        after = [source_state(t.job.scene) for t in found]
    finally:
        os.utime(north, ns=times)
    assert after[0] != before[0] and after[1] == before[1]
    with pytest.raises(DataError, match="holds no STAC items"):
        items_of({"features": []}, "here")


@settings(max_examples=25, deadline=None)
@given(st.lists(st.text(min_size=1, max_size=300), min_size=1, max_size=12, unique=True))
def test_names_are_unique_and_fit_every_file_system(tmp_path_factory: pytest.TempPathFactory, ids: list[str]) -> None:
    folder = tmp_path_factory.mktemp("names")
    found = items_of({"features": [{"type": "Feature", "id": i, "assets": {}} for i in ids]}, "https://a.b/c")
    made, _ = tasks_of(found, {}, folder / "out", folder / "items")
    names = [t.name for t in made]
    assert len({n.casefold() for n in names}) == len(ids)
    for name in names:
        assert not set(name) & set('/\\:*?"<>|;!\0') and not name.startswith(".")
        assert len(Layout(folder).claim(name, 1000).name.encode()) < 250 and name.isprintable()


def test_a_product_is_taken_when_it_has_stopped_growing(scenes: Path, tmp_path: Path) -> None:
    incoming = tmp_path / "incoming"
    incoming.mkdir()
    watched = Watched([str(incoming)])
    assert watched.look() == []
    shutil.copytree(scenes / "north", incoming / "north")
    assert watched.look() == [], "just arrived: it may still grow"
    with open(incoming / "north" / "B02.tif", "ab") as f:
        f.write(b"more")
    assert watched.look() == [], "it grew"
    assert [Path(s.paths[0]).name for s in watched.look()] == ["north"]


def test_what_a_list_names_is_waited_for(scenes: Path, tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text("north\nempty\n", encoding="utf-8")
    (tmp_path / "empty").mkdir()
    watched = Watched([str(tmp_path / "list.txt")])
    assert not watched.look() and not watched.look()
    shutil.copytree(scenes / "north", tmp_path / "north")
    assert not watched.look()
    assert [Path(s.paths[0]).name for s in watched.look()] == ["north"]


def test_common_options_that_are_wrong_are_told(scenes: Path, tmp_path: Path) -> None:
    with pytest.raises(JobError, match="--stride 0"):
        tasks(find_scenes([str(scenes)]), tmp_path, stride=0)
