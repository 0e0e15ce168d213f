"""The training loop: it learns, goes on after a kill bit for bit, and does the same on two processes."""

import json
import os
import resource
import subprocess
import sys
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("onnx")

sys.path.insert(0, str(Path(__file__).parent))
from made_patches import ARABLE, FOREST, WATER, MadePatches, with_records  # noqa: E402

from ben_core.errors import Cancelled, DataError, JobError, ModelError, OutputError, StorageError  # noqa: E402
from ben_core.events import Recorder  # noqa: E402
from ben_core.learn.train import loop  # noqa: E402
from ben_core.learn.train.checkpoint import FILE  # noqa: E402
from ben_core.learn.train.config import Config  # noqa: E402
from ben_core.learn.train.loop import train  # noqa: E402
from ben_core.models.card import ModelCard  # noqa: E402
from ben_core.models.model import load_model  # noqa: E402
from ben_core.models.strict import read_state  # noqa: E402

SMALL = Config(
    architecture="resnet18", width=4, layers=(1, 1, 1, 1), bands=("B02", "B08", "B11"), classes=(ARABLE, FOREST, WATER),
    epochs=3, batch=8, rate=1e-2, device="cpu", threads=1,
)  # fmt: skip
SCRIPT = Path(__file__).with_name("made_patches.py")


def run_apart(out: Path, config: Config, *options: str, processes: int = 1) -> subprocess.CompletedProcess:
    torchrun = ["-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={processes}"] if processes > 1 else []
    return subprocess.run(
        [sys.executable, *torchrun, str(SCRIPT), str(out), config.to_json(), *options],
        capture_output=True, text=True, timeout=300, env={**os.environ, "OMP_NUM_THREADS": "1"},
        cwd=Path(__file__).parents[2],
    )  # fmt: skip


def weights(out: Path) -> dict[str, torch.Tensor]:
    return read_state(next(out.glob("*.safetensors")))


def same(a: dict[str, torch.Tensor], b: dict[str, torch.Tensor]) -> bool:
    return a.keys() == b.keys() and all(torch.equal(a[k], b[k]) for k in a)


# It learns, and what it writes runs


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Any:
    out = tmp_path_factory.mktemp("run") / "water"
    events = Recorder()
    return train(MadePatches(), replace(SMALL, epochs=12, rate=2e-2, patience=0), out, events), events


def test_loss_falls_and_the_score_rises(trained: Any) -> None:
    result, _ = trained
    losses = [e["loss"] for e in result.history]
    assert losses[-1] < 0.5 * losses[0]
    assert result.score == max(e["macro AP"] for e in result.history) > 0.95
    assert result.steps == 12 * 2


def test_the_folder_holds_a_model_that_runs(trained: Any) -> None:
    result, events = trained
    out = result.card.parent
    assert {"water.json", "water.onnx", "water.safetensors", "config.json", "history.json", "history.csv"} <= {p.name for p in out.iterdir()}  # fmt: skip
    assert not (out / FILE).exists() and list((out / "tensorboard").iterdir())
    card = ModelCard.read(result.card)
    assert card.bands == SMALL.bands and card.classes == SMALL.classes and card.untrained == ()
    assert card.scores["macro AP"]["value"] == pytest.approx(result.score, abs=1e-4)
    assert "validation patches" in card.scores["macro AP"]["note"] and "made patches" in card.origin
    assert card.period == ("2017-01-01T10:00:00Z", "2017-09-01T10:00:00Z")
    data = MadePatches()
    read = [data.read(r, data.bands) for r in data.records]
    p = load_model(str(result.card), device="cpu").predict({b: np.stack([x[b] for x in read]) for b in data.bands})
    truth = np.array([[c in r.labels for c in card.classes] for r in data.records])
    assert ((p >= card.thresholds) == truth).mean() > 0.9
    (best,) = [e for e in result.history if e["epoch"] == result.epoch]
    assert best["macro AP"] == result.score
    assert [e["type"] for e in events.events].count("progress") == result.steps
    assert events.of("output")[0]["path"] == str(result.card)
    text = (out / "history.csv").read_text()
    assert text.splitlines()[0].startswith("epoch,step,loss,rate,macro AP") and len(text.splitlines()) == 13


def test_a_run_is_reproduced_by_its_saved_config(tmp_path: Path) -> None:
    result = train(MadePatches(), replace(SMALL, epochs=1, turns=True), tmp_path / "water")
    again = train(MadePatches(), Config.read(tmp_path / "water" / "config.json"), tmp_path / "again")
    assert same(weights(tmp_path / "water"), weights(tmp_path / "again"))
    assert again.history == result.history
    other = train(MadePatches(), replace(SMALL, epochs=1, turns=True, seed=1), tmp_path / "other")
    assert other.history[0]["loss"] != result.history[0]["loss"]


def test_ten_real_patches_are_learned_by_heart(ben_data: Path, tmp_path: Path) -> None:
    from ben_core.learn.default.real_data import BANDS, open_real_data
    from ben_core.learn.types import Record

    opened = open_real_data(ben_data, "s2")
    chosen = {str(i): r for i, r in enumerate([r for r in opened.records if r.mapped][:10])}

    class Ten:
        title, bands = "ten patches", BANDS["s2"]
        # The same ten learn and judge: learning by heart is what is asked.
        records = tuple(
            Record(i + split, r.labels, split) for i, r in chosen.items() for split in ("train", "validation")
        )

        def read(self, record, bands):
            return opened.read(chosen[record.id[0]], bands)

        def reference(self, record):
            raise AssertionError

    config = replace(
        SMALL, bands=BANDS["s2"], classes=(), width=8, epochs=50, patience=0, batch=10, flips=False, drop_rate=0.0, drop_path=0.0, evidence=1,
    )  # fmt: skip
    assert train(Ten(), config, tmp_path / "ten").score == 1.0


# Going on


def test_after_kill_9_it_goes_on_bit_for_bit(tmp_path: Path) -> None:
    config = replace(
        SMALL, ema=0.9, mixup=0.4, cutmix=1.0, turns=True, light=0.1, crop=60, map_loss=0.5, checkpoint_minutes=0
    )
    whole = train(MadePatches(), config, tmp_path / "whole" / "m")
    killed = run_apart(tmp_path / "killed" / "m", config, "die=4")
    assert killed.returncode == -9 and (tmp_path / "killed" / "m" / FILE).exists()
    resumed = run_apart(tmp_path / "killed" / "m", config)
    assert resumed.returncode == 0, resumed.stderr
    assert json.loads(resumed.stdout)["losses"] == [e["loss"] for e in whole.history]
    assert same(weights(tmp_path / "whole" / "m"), weights(tmp_path / "killed" / "m"))
    read = [json.loads((tmp_path / k / "m" / "history.json").read_text()) for k in ("whole", "killed")]
    assert read[0] == read[1]


def test_stop_ends_between_steps_and_resumes(tmp_path: Path) -> None:
    steps = 0

    def emit(type: str, **_: Any) -> None:
        nonlocal steps
        steps += type == "progress"

    with pytest.raises(Cancelled, match="step 3 of 6"):
        train(MadePatches(), SMALL, tmp_path / "m", emit, lambda: steps == 3)
    resumed = train(MadePatches(), SMALL, tmp_path / "m")
    whole = train(MadePatches(), SMALL, tmp_path / "whole", name="m")
    assert resumed.history == whole.history
    assert same(weights(tmp_path / "m"), weights(tmp_path / "whole"))


def test_another_config_or_data_is_not_mixed_into_a_run(tmp_path: Path) -> None:
    with pytest.raises(Cancelled):
        train(MadePatches(), SMALL, tmp_path, stop=lambda: True)
    with pytest.raises(OutputError, match=r"other settings: rate \(0.01, 0.5\)"):
        train(MadePatches(), replace(SMALL, rate=0.5), tmp_path)
    with pytest.raises(OutputError, match="other patches"):
        train(MadePatches(train=17), SMALL, tmp_path)
    # Readers and threads are no part of what is learned.
    result = train(MadePatches(), replace(SMALL, epochs=3, checkpoint_minutes=5.0), tmp_path)
    with pytest.raises(OutputError, match="already"):
        train(MadePatches(), SMALL, tmp_path)
    train(MadePatches(), replace(SMALL, epochs=1), tmp_path, overwrite=True)
    assert result.card.exists() and not (tmp_path / FILE).exists()


def test_a_full_disk_leaves_the_old_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Cancelled):
        train(MadePatches(), SMALL, tmp_path, stop=lambda: True)
    before = (tmp_path / FILE).read_bytes()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, hard))
    try:
        with pytest.raises(StorageError, match=r"checkpoint.pt failed"):
            train(MadePatches(), SMALL, tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert (tmp_path / FILE).read_bytes() == before and not list(tmp_path.glob("*.part"))
    assert train(MadePatches(), SMALL, tmp_path).epochs == 3


def test_a_damaged_checkpoint_is_refused(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"PK\x03\x04 nothing")
    with pytest.raises(OutputError, match=r"checkpoint.pt cannot be read"):
        train(MadePatches(), SMALL, tmp_path)


# Several processes


def test_two_processes_learn_what_one_does(tmp_path: Path) -> None:
    """The same chunks, shared by two: weights agree but for the order of sums; running statistics are means."""
    config = replace(SMALL, epochs=2, batch=8, micro_batch=4, rate=1e-3, mixup=0.4, validate=False)
    one = train(MadePatches(), config, tmp_path / "one" / "m")
    two = run_apart(tmp_path / "two" / "m", config, processes=2)
    assert two.returncode == 0, two.stderr
    a, b = weights(tmp_path / "one" / "m"), weights(tmp_path / "two" / "m")
    for k in a:
        if "running" not in k and "num_batches" not in k:
            torch.testing.assert_close(a[k], b[k], atol=2e-5, rtol=1e-3)
    losses = json.loads(next(line for line in two.stdout.splitlines() if "losses" in line))["losses"]
    assert losses == pytest.approx([e["loss"] for e in one.history], rel=1e-4)


def test_chunks_do_not_change_the_batch() -> None:
    from ben_core.learn.train.samples import plan_of

    one, two = plan_of(20, replace(SMALL, batch=8), 1), plan_of(20, replace(SMALL, batch=8, micro_batch=3), 2)
    assert (one.chunks, two.chunks, one.steps) == (1, 4, 2)
    for step in range(5):
        assert list(chain(*one.chunks_of(step))) == list(chain(*two.chunks_of(step)))
        assert {len(c) for c in two.chunks_of(step)} == {2}
    epoch = [i for step in (0, 1) for c in one.chunks_of(step) for _, i in c]
    assert len(set(epoch)) == 16
    with pytest.raises(DataError, match="cannot be shared"):
        plan_of(3, SMALL, 4)


# What goes wrong


def test_a_loss_that_is_no_number_stops_and_the_last_good_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = 0
    sound = loop.multilabel

    def broken(*args: Any) -> torch.Tensor:
        nonlocal calls
        calls += 1
        return sound(*args) * (float("nan") if calls == 4 else 1.0)

    monkeypatch.setattr(loop, "multilabel", broken)
    with pytest.raises(DataError, match=r"no number any more at step 4 \(epoch 2\)") as e:
        train(MadePatches(), SMALL, tmp_path / "m")
    assert e.value.code == "nan" and "epoch 1" in e.value.hint
    kept = torch.load(tmp_path / "m" / FILE, weights_only=True)
    assert kept["step"] == 2 and all(torch.isfinite(v).all() for v in kept["best"].values())


@pytest.mark.parametrize(
    ("changes", "config", "sentence"),
    [
        ({"split": "train"}, {}, "no labelled patch in the split 'validation'"),
        ({"labels": None}, {}, "no patch to train on \\(24 unlabelled\\)"),
        ({"excluded": ("snow",)}, {}, "no patch to train on \\(24 snow\\)"),
        ({"labels": lambda r: () if r.split == "validation" else r.labels}, {}, "no labelled patch in the split 'validation'"),
        ({"id": "twice"}, {}, "names 23 patches twice"),
        ({"mapped": False}, {"crop": 60}, "16 of 16 training patches have no reference map"),
        ({"mapped": False}, {"map_loss": 1.0}, "have no reference map"),
        ({"s1_id": None}, {"bands": ("VV",)}, "24 of 24 patches have no Sentinel-1 partner"),
        ({}, {"bands": ("B02", "B12")}, "has no band B12; it has B02"),
    ],
)  # fmt: skip
def test_data_that_cannot_serve_is_refused_in_a_sentence(changes, config, sentence, tmp_path: Path) -> None:
    data = with_records(MadePatches(bands=("B02", "B08", "B11", "VV")), **changes)
    with pytest.raises(DataError, match=sentence):
        train(data, replace(SMALL, **config), tmp_path / "m")


def test_broken_pixels_are_named(tmp_path: Path) -> None:
    class Broken(MadePatches):
        def read(self, record, bands):
            found = dict(super().read(record, bands))
            if record.id == "p003":
                found["VV"] = found["VV"] * np.nan
            return found

    with pytest.raises(DataError, match="VV of patch p003 holds NaN"):
        train(Broken(bands=("VV",)), replace(SMALL, bands=("VV",)), tmp_path / "m")


def test_a_device_that_is_not_there_is_never_replaced(tmp_path: Path) -> None:
    if torch.cuda.is_available():
        pytest.skip("there is a GPU here")
    with pytest.raises(JobError, match="finds no CUDA device"):
        train(MadePatches(), replace(SMALL, device="cuda"), tmp_path / "m")
    with pytest.raises(JobError, match="fp16 does not train on cpu"):
        train(MadePatches(), replace(SMALL, precision="fp16"), tmp_path / "m")


def test_classes_without_evidence_are_marked_and_never_answered(tmp_path: Path) -> None:
    events = Recorder()
    result = train(MadePatches(), replace(SMALL, classes=(), epochs=1), tmp_path / "m", events)
    card = ModelCard.read(result.card)
    assert set(card.classes) - set(card.untrained) == {ARABLE, FOREST, WATER}
    assert all((t == 1.0) == (c in card.untrained) for c, t in zip(card.classes, card.thresholds, strict=True))
    assert any("Pastures" in e["message"] for e in events.of("warning"))
    assert "never answered" in card.warnings[0]


def test_one_class_in_validation_is_said_and_judged(tmp_path: Path) -> None:
    data = with_records(MadePatches(), labels=lambda r: (WATER,) if r.split == "validation" and WATER in r.labels else r.labels if r.split == "train" else ())  # fmt: skip
    events = Recorder()
    result = train(data, replace(SMALL, epochs=1), tmp_path / "m", events)
    assert any("hold 1 of 3 classes" in e["message"] for e in events.of("warning"))
    assert "mean over the 1 classes" in ModelCard.read(result.card).scores["macro AP"]["note"]


def test_what_nobody_knows_weighs_nothing(tmp_path: Path) -> None:
    """Unsure answers take no part: turning them into anything else changes nothing."""
    losses = []
    for label in ((), (FOREST,)):
        data = with_records(
            MadePatches(), labels=lambda r, label=label: tuple(sorted({*r.labels} - {FOREST} | {*label}))
        )
        known = with_records(data, labels=lambda r: tuple(c for c in r.labels if c != FOREST), unsure=(FOREST,))
        losses.append(train(known, replace(SMALL, epochs=1), tmp_path / str(len(label))).history[0]["loss"])
    assert losses[0] == losses[1]


def test_without_validation_the_last_epoch_is_kept(tmp_path: Path) -> None:
    data = with_records(MadePatches(), split="train")
    result = train(data, replace(SMALL, validate=False, epochs=2), tmp_path / "m")
    card = ModelCard.read(result.card)
    assert (result.score, result.epoch, card.scores) == (None, 1, {})
    assert set(card.thresholds) == {0.5} and "Not judged" in card.warnings[0]


def test_early_stopping_counts_epochs_without_progress(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scores = iter([0.3, 0.5, 0.4, 0.5, 0.4, 0.9])
    monkeypatch.setattr(loop, "macro", lambda each: next(scores))
    monkeypatch.setattr(loop, "cross_entropy", lambda *_: 1.0)
    result = train(MadePatches(), replace(SMALL, epochs=6, patience=3), tmp_path / "m")
    assert (result.score, result.epoch, result.epochs) == (0.5, 1, 5)


def test_bands_can_be_dropped_and_the_model_runs_without_them(tmp_path: Path) -> None:
    config = replace(SMALL, epochs=1, band_dropout=0.5, optional_bands=("B11",))
    card = ModelCard.read(train(MadePatches(), config, tmp_path / "m").card)
    assert {b.name: b.fill for b in card.inputs} == {"B02": None, "B08": None, "B11": 1568.0}
    with pytest.raises(ModelError, match="not all"):
        train(MadePatches(), replace(config, optional_bands=config.bands), tmp_path / "n")


def test_statistics_can_be_measured(tmp_path: Path) -> None:
    card = ModelCard.read(train(MadePatches(), replace(SMALL, epochs=1, statistics="measured"), tmp_path / "m").card)
    data = MadePatches()
    pixels = np.concatenate([data.read(r, ["B11"])["B11"].ravel() for r in data.records if r.split == "train"])
    assert card.inputs[2].mean == pytest.approx(pixels.mean()) and card.inputs[2].std == pytest.approx(pixels.std())
