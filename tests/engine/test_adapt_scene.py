"""A scene is adapted to: what is written, what is refused, and that a kill changes nothing."""

import json
import subprocess
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
from made_patches import ARABLE, FOREST, WATER, MadePatches  # noqa: E402
from made_scene import QUICK, job_of, make_model, make_scene, weights_of, welcome  # noqa: E402

from ben_core.adapt import run as running  # noqa: E402
from ben_core.adapt import tune as tuning  # noqa: E402
from ben_core.adapt.nets import start_of, turn, views_of  # noqa: E402
from ben_core.adapt.run import Beside, adapt_scene  # noqa: E402
from ben_core.adapt.target import _signs, blocks_of, roles_of, target_patches  # noqa: E402
from ben_core.adapt.types import GUARD, MARGIN, TRAIN, VALIDATION, AdaptOptions, Verdict  # noqa: E402
from ben_core.cli import run as ben  # noqa: E402
from ben_core.errors import Cancelled, DataError, JobError, ModelError, OutputError  # noqa: E402
from ben_core.events import Recorder, silent  # noqa: E402
from ben_core.models.card import ModelCard  # noqa: E402
from ben_core.models.files import sha256_of  # noqa: E402
from ben_core.models.model import load_model  # noqa: E402
from ben_core.patches.grid import Grid  # noqa: E402

SCRIPT = Path(__file__).with_name("made_scene.py")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """model/known.json, bank.npz, scene/."""
    folder = tmp_path_factory.mktemp("world")
    make_model(folder)
    make_scene(folder / "scene")
    return folder


@pytest.fixture
def passing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "judge", welcome)


def adapt(world: Path, out: Path, options: AdaptOptions = QUICK, **more: Any) -> Any:
    events, beside = Recorder(), {"name": "a", "bank": str(world / "bank.npz")}
    job = more.pop("job", {})
    scene = more.pop("scene", world / "scene")
    beside |= more
    result = adapt_scene(job_of(scene, world / "known" / "known.json", out, **job), options, events, beside=Beside(**beside))  # fmt: skip
    return result, events


@pytest.fixture(scope="module")
def adapted(world: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """One run that the guard let pass, and the hashes of the original before it."""
    before = {p.name: sha256_of(p) for p in (world / "known").iterdir() if p.is_file()}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(running, "judge", welcome)
        out = tmp_path_factory.mktemp("out")
        return *adapt(world, out), out, before


# What is written


def test_the_adapted_model_runs_and_its_card_tells_where_it_comes_from(adapted: Any, world: Path) -> None:
    result, _, out, _ = adapted
    names = {p.name for p in out.iterdir()}
    assert names == {"a.json", "a.onnx", "a.safetensors", "a_adaptation.json", "a_adaptation.html"}
    card, parent = ModelCard.read(result.model), ModelCard.read(world / "known" / "known.json")
    assert card.adaptation["parent"] == "known" and card.adaptation["scene"] == "scene"
    assert card.adaptation["parent weights"] in {w.sha256 for w in parent.weights}
    assert card.adaptation["pseudo-labels"] == result.pseudo and set(result.pseudo) <= {ARABLE, FOREST, WATER}
    assert card.adaptation["verdict"] == "adopted" and card.adaptation["figures"]
    assert card.thresholds == parent.thresholds and card.calibration == parent.calibration
    assert card.novelty is None and card.scores == {} and any("anywhere else" in w for w in card.warnings)
    with_torch, with_onnx = (load_model(str(result.model), runtime=r, device="cpu") for r in ("torch", "onnx"))
    bands = with_torch.blank(3)
    assert np.allclose(with_torch.predict(bands), with_onnx.predict(bands), atol=1e-4)


def test_it_learned_and_left_the_original_alone(adapted: Any, world: Path) -> None:
    result, _, out, before = adapted
    assert {p.name: sha256_of(p) for p in (world / "known").iterdir() if p.is_file()} == before
    assert weights_of(out, "a") != weights_of(world / "known", "known")
    assert len(result.history) == 4 and all(np.isfinite(h["loss"]) for h in result.history)
    assert result.adapted == "batch-norm statistics and weights"
    assert result.patches >= QUICK.fewest and [s.name for s in result.stages] == ["confidence", "retrieval", "quota"]


def test_neither_report_nor_card_holds_a_path_or_a_host(adapted: Any) -> None:
    _, _, out, _ = adapted
    for file in ("a.json", "a_adaptation.json", "a_adaptation.html"):
        assert str(out.parent) not in (out / file).read_text(encoding="utf-8")


def test_the_same_is_asked_twice_and_answered_twice(adapted: Any, world: Path, tmp_path: Path, passing: None) -> None:
    _, _, out, _ = adapted
    adapt(world, tmp_path)
    assert weights_of(tmp_path, "a") == weights_of(out, "a")
    assert (tmp_path / "a_adaptation.json").read_bytes() == (out / "a_adaptation.json").read_bytes()
    with pytest.raises(OutputError, match="already"):
        adapt(world, tmp_path)
    adapt(world, tmp_path, replace(QUICK, seed=1, epochs=1, rounds=1), job={"overwrite": True})
    assert weights_of(tmp_path, "a") != weights_of(out, "a")


def test_the_original_is_never_replaced(world: Path) -> None:
    with pytest.raises(JobError, match="would replace the original"):
        adapt(world, world / "known", name="known", job={"overwrite": True})


# Killed


def test_a_killed_run_goes_on_to_the_same_weights(adapted: Any, world: Path, tmp_path: Path) -> None:
    """Killed within the second round: labels of the first one's teacher, and an optimiser under way."""
    _, _, out, before = adapted
    command = [sys.executable, str(SCRIPT), str(world / "scene"), str(world / "known" / "known.json"), str(tmp_path),
               str(world / "bank.npz"), json.dumps(QUICK.to_dict())]  # fmt: skip
    where = {"cwd": SCRIPT.parents[2], "capture_output": True, "text": True, "timeout": 120}
    env = {**__import__("os").environ, "PYTHONPATH": str(SCRIPT.parents[2])}
    killed = subprocess.run([*command, "die=3"], env=env, **where)  # type: ignore[call-overload]
    assert killed.returncode == -9, killed.stderr
    assert [p.name for p in tmp_path.iterdir() if not p.name.startswith(".ben-")] == []
    assert {p.name: sha256_of(p) for p in (world / "known").iterdir() if p.is_file()} == before
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(running, "judge", welcome)
        _, events = adapt(world, tmp_path)
    assert any(e["name"] == "resume" for e in events.of("step"))
    assert weights_of(tmp_path, "a") == weights_of(out, "a")
    assert (tmp_path / "a_adaptation.json").read_bytes() == (out / "a_adaptation.json").read_bytes()
    assert not list(tmp_path.glob(".ben-*"))


def test_a_stopped_run_is_cancelled_and_kept(world: Path, tmp_path: Path, passing: None) -> None:
    events, seen = Recorder(), []

    def stop() -> bool:
        seen.append(1)
        return any(e["name"] == "epoch" for e in events.of("step"))

    with pytest.raises(Cancelled):
        adapt_scene(
            job_of(world / "scene", world / "known" / "known.json", tmp_path),
            QUICK,
            events,
            stop,
            Beside(name="a", bank=str(world / "bank.npz")),
        )
    assert seen and len(list(tmp_path.glob(".ben-*/checkpoint.pt"))) == 1


# Rejected


def refuse(*_: Any, **__: Any) -> Verdict:
    return Verdict("rejected", ("It got worse.",), {})


def test_what_the_guard_rejects_is_not_handed_over(
    world: Path, tmp_path: Path, passing: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    adapt(world, tmp_path, replace(QUICK, method="bn-only"))  # an earlier run that passed
    monkeypatch.setattr(running, "judge", refuse)
    result, events = adapt(world, tmp_path, replace(QUICK, epochs=1, rounds=1), job={"overwrite": True})
    assert result.model is None and result.kept is None and not result.verdict.adopted
    assert {p.name for p in tmp_path.iterdir()} == {"a_adaptation.json", "a_adaptation.html"}
    (warning,) = (e for e in events.of("warning") if e["code"] == "rejected")
    assert "It got worse." in warning["message"] and "'known'" in warning["message"]


def test_a_rejected_model_is_kept_only_when_asked_for(
    world: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "judge", refuse)
    result, _ = adapt(world, tmp_path, replace(QUICK, epochs=1, rounds=1), keep_rejected=True)
    assert result.model is None and result.kept == tmp_path / "a-rejected.json"
    assert any(w.startswith("REJECTED") for w in ModelCard.read(result.kept).warnings)


# The methods


def test_a_later_round_that_finds_too_little_ends_the_rounds(
    world: Path, tmp_path: Path, passing: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, calls = tuning.require_enough, []

    def require(*told: Any) -> None:
        calls.append(1)
        if len(calls) > 1:
            raise DataError("Only 3 patches.", code="too-few")
        real(*told)

    monkeypatch.setattr(tuning, "require_enough", require)
    result, events = adapt(world, tmp_path, replace(QUICK, epochs=1))
    assert {h["round"] for h in result.history} == {1} and result.model is not None and result.patches
    assert any("Round 2 is left out" in e["message"] for e in events.of("warning"))


def test_batch_norm_alone_moves_statistics_and_no_weight(world: Path, tmp_path: Path, passing: None) -> None:
    result, _ = adapt(world, tmp_path, replace(QUICK, method="bn-only"))
    from ben_core.models.strict import read_state

    old, new = read_state(world / "known" / "known.safetensors"), read_state(tmp_path / "a.safetensors")
    moved = {k for k in old if not torch.equal(old[k], new[k])}
    assert moved and all("running_" in k or "num_batches" in k for k in moved)
    assert result.patches == 0 and not result.history


def test_one_label_a_patch(world: Path, tmp_path: Path, passing: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "open_data_set", lambda path: MadePatches())  # all of the scene is one class
    options = replace(QUICK, method="tong", confidence=0.5, epochs=1, rounds=1, neighbours=1, fewest=4)
    result, _ = adapt(world, tmp_path, options, source="made")
    assert [s.name for s in result.stages] == ["confidence", "entropy", "retrieval", "quota"]
    assert sum(result.pseudo.values()) == result.patches


def test_a_frozen_backbone_stays(world: Path, tmp_path: Path, passing: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "open_data_set", lambda path: MadePatches())
    falling = iter(range(100, 0, -1))
    monkeypatch.setattr(tuning.Learner, "judge", lambda *_: next(falling))  # each epoch counts as better
    adapt(world, tmp_path, replace(QUICK, freeze="backbone", epochs=1, rounds=1), source="made")
    from ben_core.models.strict import read_state

    old, new = read_state(world / "known" / "known.safetensors"), read_state(tmp_path / "a.safetensors")
    assert {k for k in old if not torch.equal(old[k], new[k])} == {"fc.weight", "fc.bias"}


def test_without_a_bank_it_is_said_what_confirms(world: Path, tmp_path: Path, passing: None) -> None:
    _, events = adapt(world, tmp_path, replace(QUICK, epochs=1, rounds=1), bank=None)
    (warning,) = (e for e in events.of("warning") if e["code"] == "no-bank")
    assert "turned patches" in warning["message"] and "ben bank" in warning["message"]
    told = json.loads((tmp_path / "a_adaptation.json").read_text())
    assert told["confirmed by"] == "augmentation"


def test_views_are_the_eight_of_a_square() -> None:
    x = {"B02": np.arange(9).reshape(1, 3, 3)}
    seen = {turn(x, v)["B02"].tobytes() for v in range(8)}
    assert len(seen) == 8 and turn(x, 0)["B02"].tobytes() == x["B02"].tobytes()


# Blocks


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


# Bad input


def test_a_scene_that_nobody_knows_teaches_nothing(world: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="Only 0 patches") as e:
        adapt(world, tmp_path, replace(QUICK, accept=0.9999999, reject=1e-7))
    assert e.value.code == "too-few"
    assert not list(tmp_path.iterdir())  # not even scratch: the same would be found again


def test_all_cloud(world: Path, tmp_path: Path) -> None:
    scene = make_scene(tmp_path / "clouded", side=2, cloud=1)
    with pytest.raises(DataError, match="4 cloud"):
        adapt(world, tmp_path / "out", scene=scene)


def test_a_scene_too_small_for_blocks(world: Path, tmp_path: Path) -> None:
    scene = make_scene(tmp_path / "small", side=1)
    with pytest.raises(DataError, match="too small"):
        adapt(world, tmp_path / "out", scene=scene)


def test_onnx_alone_cannot_learn(world: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="onnx weights only") as e:
        start_of(str(world / "known" / "known.onnx"))
    assert "safetensors" in e.value.hint and e.value.code == "untrainable"


def test_a_loss_that_is_no_number_ends_in_words(world: Path, tmp_path: Path, passing: None) -> None:
    with pytest.raises(DataError, match=r"no number.*original model is untouched") as e:
        adapt(world, tmp_path, replace(QUICK, rate=1e30, epochs=3))
    assert e.value.code == "nan"
    assert not list(tmp_path.iterdir())  # it would happen again: no scratch stays


def test_a_bank_of_another_model_is_refused(world: Path, tmp_path: Path) -> None:
    from ben_core.adapt.bank import read_bank

    replace(read_bank(world / "bank.npz"), weights="0" * 64).write(tmp_path / "other.npz")
    with pytest.raises(JobError, match="other weights"):
        adapt(world, tmp_path / "out", bank=str(tmp_path / "other.npz"))


@pytest.mark.parametrize("options", [replace(QUICK, method="bn-only"), replace(QUICK, mix=0.0)])
def test_a_source_that_nothing_is_learned_from_is_refused(world: Path, tmp_path: Path, options: AdaptOptions) -> None:
    with pytest.raises(JobError, match="--source is given, and"):
        adapt(world, tmp_path, options, source="made")


def test_what_teaches_nothing_is_rejected(world: Path, tmp_path: Path, passing: None, monkeypatch: Any) -> None:
    monkeypatch.setattr(tuning.Learner, "judge", lambda *_: 1.0)
    once = replace(QUICK, rounds=1)
    result, _ = adapt(world, tmp_path / "weights", replace(once, bn=False))
    assert result.model is None and result.verdict.reasons == (running.UNCHANGED,) and result.adapted == "nothing"
    result, events = adapt(world, tmp_path / "norms", once)  # statistics moved, and nobody taught
    assert result.adapted == "batch-norm statistics" and result.patches == 0 and result.pseudo == {}
    assert any("batch-norm statistics alone" in e["message"] for e in events.of("warning"))
    assert "pseudo-labels" not in ModelCard.read(result.model).description


# The commands


def test_ben_bank_writes_a_bank_that_ben_adapt_takes(
    world: Path, tmp_path: Path, passing: None, capfd: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr("ben_core.learn.data.open_data_set", lambda *_, **__: MadePatches())
    model, bank = str(world / "known" / "known.json"), str(tmp_path / "b.bank.npz")
    assert ben(["bank", "made", "--model", model, "-o", bank]) == 0
    assert "24 patches of made patches, 32 features each" in capfd.readouterr().out
    assert ben(["bank", "made", "--model", model, "-o", bank]) == 2  # it exists
    quick = ["--threads", "1", "--stride", "120", "--block", "1", "--epochs", "1", "--rounds", "1", "--accept", ".6", "--reject", ".4", "--fewest", "8"]  # fmt: skip
    assert ben(["adapt", str(world / "scene"), "--model", model, "-o", str(tmp_path / "out"), "--name", "a", "--bank", bank, "--json", *quick]) == 0  # fmt: skip
    told = json.loads(capfd.readouterr().out)
    assert told["model"] == str(tmp_path / "out" / "a.json") and told["verdict"]["word"] == "adopted"


def test_ben_adapt_takes_a_job_and_tells_events(world: Path, tmp_path: Path, passing: None, capfd: Any) -> None:
    job = {
        "job": job_of(world / "scene", world / "known" / "known.json", tmp_path / "two").to_dict(),
        "adapt": {**QUICK.to_dict(), "epochs": 1, "rounds": 1},
        "bank": str(world / "bank.npz"),
    }
    (tmp_path / "job.json").write_text(json.dumps(job))
    assert ben(["adapt", "--job", str(tmp_path / "job.json"), "--events", "jsonl"]) == 0
    events = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    assert events[-1]["type"] == "done" and events[-1]["result"]["model"].endswith("known-scene.json")
    assert {"started", "step", "progress", "output"} <= {e["type"] for e in events}


@pytest.mark.parametrize(
    "content", ["[]", "{}", '{"job": 1}', '{"job": {"scene": ["x"], "out": "y"}, "adapt": {"colour": 1}}',
                '{"job": {"scene": ["x"], "out": "y"}, "bank": 3}', "no json"],
)  # fmt: skip
def test_a_broken_job_file_is_refused(tmp_path: Path, content: str, capfd: Any) -> None:
    (tmp_path / "job.json").write_text(content)
    assert ben(["adapt", "--job", str(tmp_path / "job.json")]) == 2
    assert "bug" not in capfd.readouterr().err


def test_views_see_the_patches_of_the_target(world: Path, tmp_path: Path, passing: None) -> None:
    seen: list[Any] = []

    def judge(before: Any, after: Any, *_: Any) -> Verdict:
        seen.extend((before, after))
        return welcome()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(running, "judge", judge)
        adapt(world, tmp_path, replace(QUICK, epochs=1, rounds=1))
    before, after = seen
    assert before.p.shape == after.p.shape and before.p.shape[1:] == (8, 3)
    assert not np.array_equal(before.p, after.p) and len(before.features) == len(before.p)
    assert views_of is running.views_of


# ben map --adapt


def map_adapted(world: Path, out: Path, *more: str) -> int:
    return ben(["map", str(world / "scene"), "--model", str(world / "known" / "known.json"), "-o", str(out), "--adapt", "--bank", str(world / "bank.npz"), "--threads", "1", "--device", "cpu", *more])  # fmt: skip


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ben_core.cli.adapt.adapt_options", lambda given: replace(QUICK, epochs=1, rounds=1))


def test_a_map_is_made_with_the_adapted_model(
    world: Path, tmp_path: Path, passing: None, quick: None, capfd: Any
) -> None:
    assert map_adapted(world, tmp_path, "--json", "--name", "coast") == 0
    told = json.loads(capfd.readouterr().out)
    assert told["adaptation"]["verdict"]["word"] == "adopted"
    card = ModelCard.read(tmp_path / "known-coast.json")
    assert card.adaptation["scene"] == "scene" and "adapted to scene" in card.title  # not the name of the map
    item = json.loads(Path(told["products"]["item"]).read_text())
    assert "known-coast" in json.dumps(item["properties"])
    assert any("anywhere else" in w["message"] for w in told["warnings"])


def test_the_10_m_map_asks_the_adapted_model(
    world: Path, tmp_path: Path, passing: None, quick: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("skimage")
    asked: list[str] = []

    def regions(job: Any, *_: Any) -> Any:
        asked.append(job.model)
        raise Cancelled("enough")

    monkeypatch.setattr("ben_core.mapping.map_scene", lambda job, *_, **__: asked.append(job.model))
    monkeypatch.setattr("ben_core.regions.run.map_regions", regions)
    assert map_adapted(world, tmp_path, "--regions") != 0
    assert asked == [str(tmp_path / "known-scene.json")] * 2


def test_a_map_after_a_rejection_is_the_original_s_and_says_so(
    world: Path, tmp_path: Path, quick: None, capfd: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "judge", refuse)
    assert map_adapted(world, tmp_path) == 0
    said = capfd.readouterr()
    assert "Verdict: rejected" in said.out and "It got worse." in said.out and "Mapped 64 of 64" in said.out
    assert not (tmp_path / "known-scene.json").exists()
    report = next(tmp_path.glob("*_report.html")).read_text(encoding="utf-8")
    assert "rejected, so the original made this map. It got worse." in report


def test_a_map_goes_on_with_a_model_that_was_adapted_before(
    world: Path, tmp_path: Path, passing: None, quick: None, capfd: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("ben_core.mapping.map_scene", lambda *_, **__: 1 / 0)  # as if it had been killed here
        assert map_adapted(world, tmp_path) == 1
    made = (tmp_path / "known-scene.json").stat().st_mtime_ns
    assert map_adapted(world, tmp_path) == 0
    assert "adapted by an earlier run" in capfd.readouterr().err
    assert (tmp_path / "known-scene.json").stat().st_mtime_ns == made


def test_a_map_that_would_be_refused_is_refused_before_hours(
    world: Path, tmp_path: Path, capfd: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ben_core.adapt.run.adapt_scene", lambda *_, **__: pytest.fail("the model was adapted"))
    (tmp_path / "scene_classes.tif").write_bytes(b"an earlier map")
    assert map_adapted(world, tmp_path) == 2
    assert "scene_classes.tif already" in capfd.readouterr().err
    assert map_adapted(world, tmp_path / "other", "--stride", "61") == 2
    assert not (tmp_path / "other").exists()


def test_a_map_of_a_scene_that_teaches_nothing_is_the_original_s(
    world: Path, tmp_path: Path, capfd: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = replace(QUICK, accept=0.9999999, reject=1e-7)
    monkeypatch.setattr("ben_core.cli.adapt.adapt_options", lambda given: options)
    assert map_adapted(world, tmp_path) == 0
    assert "Only 0 patches" in capfd.readouterr().err
    report = next(tmp_path.glob("*_report.html")).read_text(encoding="utf-8")
    assert "could not be adapted to this scene, so the original made this map" in report


def test_what_belongs_to_adapt_needs_it(world: Path, tmp_path: Path, capfd: Any) -> None:
    assert ben(["map", str(world / "scene"), "-o", str(tmp_path), "--bank", "x.npz"]) == 2
    assert "--bank belongs to --adapt" in capfd.readouterr().err


# What is looked at


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
