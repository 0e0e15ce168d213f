"""Training, from a data set to a model that ``ben map`` takes: read it from top to bottom.

One step: the patches of the step, in chunks; each chunk as native pixels through the same preprocessing as in
inference, varied, answered, its loss added to the gradient; then one move of the optimiser. Whatever is drawn at
random follows from the seed and the number of epoch, step and chunk. So a run on several processes learns what one
process would (torchrun; each takes some of the chunks), and a resumed run goes on bit for bit.
"""

from __future__ import annotations

import copy
import math
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import filelock
import numpy as np
import torch
from torch import Tensor, nn

from ...errors import Cancelled, DataError, OutputError
from ...events import Emit, silent
from ...machine import cores
from ...models.card import BandInput
from ...models.files import check_new, check_stem
from ...models.importers.writing import write_model
from ...models.networks import build
from ...models.preprocess import Preprocess
from ...storage import writing
from ..data.splits import find_leaks, refuse_leaks
from ..types import DataSet
from .augment import Batch, blanked, class_shares, cut_mixed, mixed_up, relit
from .checkpoint import FILE, State, load, save
from .config import Config
from .crew import Crew, crew_of
from .judging import AUTOCAST, Judge
from .log import Log
from .losses import map_reading, multilabel, positive_weights
from .outcome import average_precisions, cross_entropy, finished_card, macro, untrained_classes
from .samples import SIZE, Parts, Patches, Plan, feed, measured_statistics, parts_of, plan_of, truth_of
from .start import Learner, Start, parameter_groups, start_of
from .telling import facts, line, lost, tell


@dataclass(frozen=True)
class TrainResult:
    """card: path of NAME.json, which ``ben map --model`` takes. score: best validation macro AP, None where not judged.
    epoch: the one that was kept, from 0; epochs: how many were run. untrained: classes without evidence."""

    card: Path
    score: float | None
    epoch: int
    epochs: int
    steps: int
    seconds: float
    untrained: tuple[str, ...]
    history: tuple[dict[str, Any], ...]


def train(
    data: DataSet,
    config: Config,
    out: Path,
    emit: Emit = silent,
    stop: Callable[[], bool] = lambda: False,
    *,
    name: str | None = None,
    overwrite: bool = False,
) -> TrainResult:
    """Train on the split "train" of ``data``, judge on "validation", write the model ``name`` into ``out``.

    name       [default: the name of the folder]
    overwrite  begin anew where ``out`` holds a model or an unfinished run; without it, an unfinished run goes on
    In ``out``: NAME.json, .safetensors, .onnx, config.json, history.json, history.csv, tensorboard/, and until it is
    finished checkpoint.pt. Raises JobError, ModelError, DataError, OutputError, StorageError with what to do, and
    Cancelled after ``stop`` said so; what was learned is kept then.
    """
    began = time.monotonic()
    name = name or out.resolve().name
    check_stem(name)
    with crew_of(config) as crew, _alone_in(out, crew):
        emit = emit if crew.leads else silent
        check_new(name, out, overwrite)
        if overwrite and crew.leads:
            _clear(out)

        # What learns, from what.
        start = start_of(config, name)
        parts = parts_of(data, config, start.card.bands)
        check_leaks(data, config, emit)
        if config.statistics == "measured":
            start = _with_statistics(start, data, parts)
        inputs, classes = start.card.inputs, start.card.classes
        truth, known = truth_of(parts.validation, classes)
        untrained = untrained_classes(start, parts, config)
        tell(start, parts, untrained, crew, config, emit)

        # The machinery.
        plan = plan_of(len(parts.train), config, crew.world)
        total = config.epochs * plan.steps
        device = crew.device
        preprocess = Preprocess(inputs, config.crop or SIZE, start.card.resize).to(device)
        whole = Preprocess(inputs, SIZE, start.card.resize).to(device)
        learner = Learner(start, config).to(device)
        learner.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        averaged = copy.deepcopy(learner.network).eval() if config.ema else None
        groups = parameter_groups(learner, start.head, config)
        moving = [p for group in groups for p in group["params"]]
        optimiser = torch.optim.AdamW(groups, lr=config.rate, weight_decay=config.weight_decay)
        scaler = torch.amp.GradScaler(device.type, enabled=config.precision == "fp16")
        positive = _positive_weights(parts, classes, config).to(device)
        counted = _counted(start, parts).to(device)

        # Where an interrupted run stood.
        fingerprint = parts.fingerprint(start.card.bands)
        state = load(config, fingerprint, out) or State()
        if state.step:
            emit("step", name="resume", text=f"Going on at step {state.step} of {total}")
            learner.load_state_dict(state.weights)
            optimiser.load_state_dict(state.optimiser)
            scaler.load_state_dict(state.scaler)
            if averaged is not None:
                averaged.load_state_dict(state.averaged)
        judged = learner.network if averaged is None else averaged
        model = crew.together(learner)
        norms = [
            b
            for m in model.modules()
            if isinstance(m, nn.modules.batchnorm._BatchNorm)
            for b in (m.running_mean, m.running_var)
            if b is not None
        ]

        workers = _workers(config, crew)
        samples = Patches(data, parts.train, inputs, classes, config)
        judging = Patches(data, parts.validation, inputs, classes, config)
        batches = iter(feed(samples, _keys(plan, state.step, total, crew), workers, device.type == "cuda"))
        log = Log(out, config, facts(data, parts, fingerprint, plan), state.step, emit) if crew.leads else None
        saved = started = time.monotonic()
        first = state.step

        def checkpoint() -> None:
            state.weights, state.optimiser, state.scaler = (
                learner.state_dict(),
                optimiser.state_dict(),
                scaler.state_dict(),
            )
            state.averaged = averaged.state_dict() if averaged is not None else {}
            if crew.leads:
                save(state, config, fingerprint, out)

        while state.step < total and not _exhausted(state, config, plan):
            step = state.step
            epoch, position = divmod(step, plan.steps)
            rate = learning_rate(step, total, config)
            for group in optimiser.param_groups:
                group["lr"] = rate * group["scale"]

            # Forward and backward, a chunk at a time; gradients add up to those of the whole step.
            model.train()
            loss = torch.zeros((), device=device)
            chunks = range(crew.rank, plan.chunks, crew.world)
            for chunk in chunks:
                batch: Batch = next(batches).to(device)
                random = _draw(config.seed, step, chunk)  # of this chunk's augmentation, dropout and drop path
                image, batch = varied(preprocess(*batch.bands), batch, inputs, config, random)
                waits = crew.world > 1 and chunk != chunks[-1]  # gradients cross between processes once a step
                with model.no_sync() if waits else nullcontext():  # type: ignore[operator]
                    with torch.autocast(device.type, AUTOCAST[config.precision], enabled=config.precision != "fp32"):
                        logits, readings = model(image.contiguous(memory_format=torch.channels_last))
                    part = multilabel(logits.float(), batch.target, batch.weight * counted, config, positive).sum()
                    if readings:
                        shares = class_shares(batch.classes, len(classes))
                        part = part + config.map_loss * map_reading([r.float() for r in readings], shares).sum()
                    part = part / plan.batch
                    scaler.scale(part * crew.world).backward()  # which averages over the processes
                loss += part.detach()

            # One move, unless it would lead nowhere.
            value = float(crew.sum(loss))
            scaler.unscale_(optimiser)
            norm = nn.utils.clip_grad_norm_(moving, config.clip or math.inf)
            if not math.isfinite(value) or (not scaler.is_enabled() and not bool(torch.isfinite(norm))):
                raise lost(value, step, epoch, state, out)
            scaler.step(optimiser)
            scaler.update()
            optimiser.zero_grad(set_to_none=True)
            crew.average(norms)
            if averaged is not None:
                blend(averaged, learner.network, 1 - min(config.ema, (1 + step) / (10 + step)))
            state.step, state.loss_sum = step + 1, state.loss_sum + value
            if log:
                log.step(step, loss=value, rate=rate)
            speed = (state.step - first) * plan.batch / max(time.monotonic() - started, 1e-9)
            left = (plan.steps - position - 1) * plan.batch
            emit(
                "progress",
                done=(position + 1) * plan.batch,
                total=plan.steps * plan.batch,
                rate=speed,
                eta=left / speed,
                unit="patches",
            )

            # An epoch is over: judge it, keep the best.
            if position + 1 == plan.steps:
                entry: dict[str, Any] = {
                    "epoch": epoch,
                    "step": state.step,
                    "loss": state.loss_sum / plan.steps,
                    "rate": rate,
                }
                state.loss_sum = 0.0
                if config.validate:
                    logits = Judge(whole, crew, config, workers).logits(judged, judging)
                    each = average_precisions(truth, known, logits)
                    entry |= {"macro AP": macro(each), "validation loss": cross_entropy(truth, known, logits)}
                    entry["AP"] = dict(zip(classes, each, strict=True))
                # Of equal scores the lower loss is better; unjudged, the last epoch is.
                score = (entry.get("macro AP", 0.0), -entry.get("validation loss", -epoch))
                if score > state.best_score:
                    state.best_score, state.best_epoch = score, epoch
                    state.best = {k: v.detach().cpu().clone() for k, v in judged.state_dict().items()}
                state.history.append(entry)
                if log:
                    log.epoch(state.history)
                emit("step", name="epoch", text=line(entry, state, config))

            stopped = crew.any(stop())
            late = crew.any(time.monotonic() - saved >= 60 * config.checkpoint_minutes)
            if position + 1 == plan.steps or late or stopped:
                checkpoint()
                saved = time.monotonic()
            if stopped:
                raise Cancelled(
                    f"Training was stopped behind step {state.step} of {total}.", "Run the same command again to go on."
                )

        # The best weights become the model.
        emit("step", name="write", text=f"Writing the model of epoch {state.best_epoch + 1}")
        network = build(start.card.architecture)
        network.load_state_dict(state.best)
        network = network.to(device).eval()
        judge = Judge(whole, crew, replace(config, precision="fp32"), workers)
        final, novelty = None, None
        if config.validate:
            final = judge.logits(network, judging)
            novelty = judge.novelty(network, samples, judging, [c not in untrained for c in classes])
        card = finished_card(start, data, parts, config, final, state.best_epoch, len(state.history))
        card = replace(card, novelty=novelty)
        path = out / f"{name}.json"
        if crew.leads:
            assert log is not None
            log.close()
            path = write_model(card, network.cpu(), out, overwrite=overwrite)
            (out / FILE).unlink()
            emit("output", kind="model", path=str(path))
        return TrainResult(
            path,
            state.best_score[0] if config.validate else None,
            state.best_epoch,
            len(state.history),
            state.step,
            time.monotonic() - began,
            card.untrained,
            tuple(state.history),
        )


def learning_rate(step: int, total: int, config: Config) -> float:
    """Linear from ``floor`` to 1 of the rate over the warm-up, then a cosine back down to ``floor`` at the end."""
    warmup = min(1000, total // 10) if config.warmup < 0 else min(config.warmup, total)
    if step < warmup:
        share = config.floor + (1 - config.floor) * step / warmup
    else:
        done = (step - warmup) / max(total - warmup, 1)
        share = config.floor + (1 - config.floor) * 0.5 * (1 + math.cos(math.pi * done))
    return config.rate * share


def varied(
    image: Tensor, batch: Batch, inputs: tuple[BandInput, ...], config: Config, random: torch.Generator
) -> tuple[Tensor, Batch]:
    """A normalised batch under another light, with bands blanked and patches mixed, as the config asks."""
    if config.light or config.haze:
        image = relit(image, inputs, config.light, config.haze, random)
    if config.band_dropout:
        image = blanked(image, inputs, config.band_dropout, random)
    if config.mixup or config.cutmix:
        dice = torch.rand(2, generator=random).tolist()
        if dice[0] < config.mix_share:
            boxes = config.cutmix and (not config.mixup or dice[1] < 0.5)
            image, batch = (
                cut_mixed(image, batch, config.cutmix, random)
                if boxes
                else mixed_up(image, batch, config.mixup, random)
            )
    return image, batch


@torch.no_grad()
def blend(kept: nn.Module, network: nn.Module, share: float) -> None:
    """Move the running mean ``kept`` by ``share`` towards the network; counters are copied."""
    for old, new in zip(kept.state_dict().values(), network.state_dict().values(), strict=True):
        if old.is_floating_point():
            old.lerp_(new, share)
        else:
            old.copy_(new)


def check_leaks(data: DataSet, config: Config, emit: Emit) -> None:
    """DataError where one place stands in two splits, a warning where the config asks for no more."""
    used = [r for r in data.records if r.labels is not None and not r.excluded]
    if config.leaks == "refuse":
        refuse_leaks(used)
    elif leaks := find_leaks(used):
        emit(
            "warning",
            code="split-leak",
            message=f"{len(leaks)} places stand in two splits, so scores flatter: {leaks[0]}, …",
        )


def _alone_in(out: Path, crew: Crew) -> Any:
    """A lock on the folder, which is made; OutputError where another run has it."""
    if not crew.leads:
        return nullcontext()
    with writing(out):
        out.mkdir(parents=True, exist_ok=True)
        try:
            return filelock.FileLock(out / ".lock", timeout=0).acquire()
        except filelock.Timeout as e:
            raise OutputError(f"Another run is training into {out}.", "Give another --out, or wait.") from e


def _clear(out: Path) -> None:
    with writing(out):
        (out / FILE).unlink(missing_ok=True)
        shutil.rmtree(out / "tensorboard", ignore_errors=True)


def _with_statistics(start: Start, data: DataSet, parts: Parts) -> Start:
    found = measured_statistics(data, parts.train, start.card.inputs)
    for b, (_, std) in zip(start.card.inputs, found, strict=True):
        if not std:
            raise DataError(
                f"Band {b.name} has one and the same value in all training patches.",
                "Leave it out, or use --statistics published.",
            )
    inputs = tuple(
        replace(b, mean=m, std=s, fill=None if b.fill is None else m if b.unit == "dB" else float(round(m)))
        for b, (m, s) in zip(start.card.inputs, found, strict=True)
    )
    return replace(start, card=replace(start.card, inputs=inputs))


def _positive_weights(parts: Parts, classes: tuple[str, ...], config: Config) -> Tensor:
    truth, known = truth_of(parts.train, classes)
    count, of = (torch.from_numpy(x.sum(0)).float() for x in (truth & known, known))
    return positive_weights(count, of, config.balance)


def _counted(start: Start, parts: Parts) -> Tensor:
    """(classes,) 0 where a kept classifier would unlearn a class of which these patches hold no example."""
    truth, known = truth_of(parts.train, start.card.classes)
    absent = ~(truth & known).any(0)
    return torch.from_numpy(~absent if not start.new_head else np.ones_like(absent)).float()


def _keys(plan: Plan, first: int, total: int, crew: Crew) -> Iterator[list[tuple[int, int]]]:
    for step in range(first, total):
        yield from plan.chunks_of(step)[crew.rank :: crew.world]


def _draw(seed: int, step: int, chunk: int) -> torch.Generator:
    """A generator of this chunk; torch's own, which dropout uses, is seeded alike."""
    one, two = np.random.SeedSequence([seed, step, chunk]).generate_state(2).tolist()
    torch.manual_seed(two)
    return torch.Generator().manual_seed(one)


def _workers(config: Config, crew: Crew) -> int:
    """Readers a process: a GPU needs them, a CPU is busy with the network."""
    if config.workers >= 0:
        return config.workers
    return min(8, max(1, cores() // crew.world)) if crew.device.type == "cuda" else 0


def _exhausted(state: State, config: Config, plan: Plan) -> bool:
    """Whether early stopping has ended the run; asked between epochs."""
    finished = len(state.history)
    return bool(
        config.validate
        and config.patience
        and state.step % plan.steps == 0
        and finished - 1 - state.best_epoch >= config.patience
    )
