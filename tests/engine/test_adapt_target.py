"""What of a scene is looked at when a model is adapted to it: patches, their roles by blocks, their turned views."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from hypothesis import assume, given, settings
from hypothesis import strategies as st

torch = pytest.importorskip("torch")
pytest.importorskip("onnx")

sys.path.insert(0, str(Path(__file__).parent))
from made_scene import QUICK, job_of  # noqa: E402

from ben_core.adapt import run as running  # noqa: E402
from ben_core.adapt.nets import start_of, turn  # noqa: E402
from ben_core.adapt.target import _signs, blocks_of, roles_of, target_patches  # noqa: E402
from ben_core.adapt.types import GUARD, MARGIN, TRAIN, VALIDATION, AdaptOptions  # noqa: E402
from ben_core.errors import DataError  # noqa: E402
from ben_core.events import silent  # noqa: E402
from ben_core.models.model import load_model  # noqa: E402
from ben_core.patches.grid import Grid  # noqa: E402


def test_patches_and_answers_are_those_of_the_files(world: Path, tmp_path: Path) -> None:
    """Against pixels cut by hand, and answers of the other runtime."""
    start = start_of(str(world / "known" / "known.json"))
    options = replace(QUICK, stride=30)
    job = job_of(world / "scene", world / "known" / "known.json", tmp_path)
    plan = running._plan(job, options, running.scene_of(job), start, "")
    target = target_patches(plan, start.graph(), options, tmp_path, silent, lambda: False)
    files = {}
    for name in ("B02", "B08", "B11"):
        with rasterio.open(world / "scene" / f"{name}.tif") as file:
            files[name] = file.read(1)
    some = np.random.default_rng(0).choice(len(target), 20, replace=False)
    cut = {}
    for name, pixels in files.items():
        step = 2 if name == "B11" else 1
        places = [(top // step, left // step) for top, left in target.corners[some].tolist()]
        cut[name] = np.stack([pixels[t : t + 120 // step, x : x + 120 // step] for t, x in places])
        assert np.array_equal(target.read(some)[name], cut[name])
    said = load_model(str(world / "known" / "known.json"), runtime="onnx", device="cpu").predict(cut)
    assert np.allclose(target.p[some], said, atol=1e-4)
    assert len(np.unique(target.corners, axis=0)) == len(target) and target.left_out["duplicate"] > 0
    again = target_patches(plan, None, options, tmp_path, silent, lambda: False)  # type: ignore[arg-type]
    assert np.array_equal(again.p, target.p) and np.array_equal(again.role, target.role)  # nothing is predicted twice


def test_views_are_the_eight_of_a_square() -> None:
    x = {"B02": np.arange(9).reshape(1, 3, 3)}
    seen = {turn(x, v)["B02"].tobytes() for v in range(8)}
    assert len(seen) == 8 and turn(x, 0)["B02"].tobytes() == x["B02"].tobytes()


@settings(max_examples=60, deadline=None)
@given(
    rows=st.integers(2, 12), cols=st.integers(2, 12), stride=st.sampled_from([30, 60, 120]), block=st.integers(1, 4),
    seed=st.integers(0, 99), share=st.floats(0.05, 0.4), gone=st.floats(0, 0.5),
)  # fmt: skip
def test_no_pixel_is_in_patches_of_two_roles(
    rows: int, cols: int, stride: int, block: int, seed: int, share: float, gone: float
) -> None:
    grid = Grid(cols * stride + 120, rows * stride + 130, stride)
    cells = np.array([(r, c) for r in range(grid.rows) for c in range(grid.cols)])
    cells = cells[np.random.default_rng(seed).random(len(cells)) >= gone]
    assume(len(cells))
    corners = np.array([(grid.patch_top(r), grid.patch_left(c)) for r, c in cells.tolist()])
    numbers, _ = blocks_of(cells, grid, block)
    options = AdaptOptions(guard_share=share, seed=seed)
    try:
        role = roles_of(numbers, corners, grid, options)
    except DataError as e:
        assert e.code == "too-small"
        return
    seen = np.zeros((3, grid.height, grid.width), bool)
    for k, name in enumerate((TRAIN, VALIDATION, GUARD)):
        for top, left in corners[role == name].tolist():
            seen[k, top : top + 120, left : left + 120] = True
    assert seen.sum(0).max() <= 1
    assert set(role) <= {TRAIN, VALIDATION, GUARD, MARGIN}
    # Blocks are whole: none teaches and guards.
    assert not set(numbers[role == GUARD]) & set(numbers[role == TRAIN])


def test_batch_norm_alone_needs_nobody_to_judge() -> None:
    """Three patches, two of which share pixels: where one of these guards, the other one may not judge."""
    corners, grid = np.array([(0, 0), (0, 60), (0, 300)]), Grid(420, 120, 60)
    unjudged = 0
    for seed in range(12):
        options = AdaptOptions(seed=seed, guard_share=0.3)
        try:
            roles_of(np.arange(3), corners, grid, options)
        except DataError as e:
            if "none is left to judge by" in e.message:
                role = roles_of(np.arange(3), corners, grid, replace(options, method="bn-only"))
                assert sorted(role.tolist()) == sorted([GUARD, MARGIN, TRAIN])
                unjudged += 1
    assert unjudged


def test_small_scenes_and_areas_are_cut_more_densely(world: Path) -> None:
    start = start_of(str(world / "known" / "known.json"))

    def plan(stride: int = 0, **area: Any) -> Any:
        job = job_of(world / "scene", world / "known" / "known.json", world, **area)
        return running._plan(job, AdaptOptions(stride=stride), running.scene_of(job), start, "")

    half = {"aoi": "POLYGON ((500000 5400000, 504800 5400000, 504800 5390400, 500000 5390400, 500000 5400000))", "aoi_crs": "EPSG:32633"}  # fmt: skip
    assert (plan().grid.stride, plan().cells) == (30, 32 * 32)  # 60 would give 256, fewer than 300
    assert (plan(**half).grid.stride, plan(**half).cells) == (30, 32 * 16)
    assert (plan(90, **half).grid.stride, plan(120).cells) == (90, 64)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(running, "WANTED", 200)
        assert (plan().grid.stride, plan(**half).grid.stride) == (60, 30)


def test_near_identical_patches_share_a_sign() -> None:
    random = np.random.default_rng(0)
    one = random.integers(500, 3000, (120, 120)).astype(np.uint16)
    other = random.permutation(one.ravel()).reshape(120, 120)
    bands = {"B02": np.stack([one, one, other, np.rot90(one)]), "B11": np.stack([one[::2, ::2]] * 4)}
    a, b, c, d = _signs(bands)
    assert a == b and len({a, c, d}) == 3
