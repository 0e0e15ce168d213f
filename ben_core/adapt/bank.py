"""The source bank: what a model's network makes of labelled source patches, in one small file.

Retrieval asks it which source patches look like a patch of the scene. Features belong to the weights that made them,
so a bank names these weights and is refused beside any others.
"""

from __future__ import annotations

import importlib.util
import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..clock import Progress
from ..errors import Cancelled, DataError, JobError, ModelError
from ..events import Emit, silent
from ..models.card import ModelCard
from ..models.files import sha256_of
from ..storage import check_free, replacing
from .types import LEFT_OUT

if TYPE_CHECKING:
    from ..learn.types import DataSet

SUFFIX = ".bank.npz"
LAYER = "pooled"  # ``features`` of a runtime: what the classifier reads
_FORMAT = 1
_CHUNK = 2048  # queries at once
_SOURCE_CHUNK = 65536  # bank rows at once: 2048 x 65536 float32 are 512 MB
_MORE = 16  # candidates beyond k that faiss gives, of which the exact distance chooses


@dataclass(frozen=True)
class SourceBank:
    """M source patches as a network sees them.

    features  float32 (M, D) of ``layer``; p float32 (M, C): what the model says of them
    labels    int8 (M, C): 1 present, 0 absent, -1 nobody knows; ``classes`` in card order
    weights   SHA-256 of the weights that made it; ``model`` their model's name
    title     the data set, licence what its owner allows
    """

    features: np.ndarray
    labels: np.ndarray
    p: np.ndarray
    classes: tuple[str, ...]
    weights: str
    model: str
    title: str
    licence: str = ""
    layer: str = LAYER

    def __len__(self) -> int:
        return len(self.features)

    def __post_init__(self) -> None:
        shapes = {len(self.features), len(self.labels), len(self.p)}
        if (
            self.features.ndim != 2
            or len(shapes) != 1
            or {self.labels.shape[1], self.p.shape[1]} != {len(self.classes)}
        ):
            raise DataError("The bank holds arrays that do not belong together.", "Make it again with `ben bank`.")
        if not len(self.features):
            raise DataError("The bank holds no patch.", "Make it again with `ben bank`, from labelled patches.")
        if not (np.isfinite(self.features).all() and np.isfinite(self.p).all()):
            raise DataError("The bank holds NaN or infinity.", "Make it again with `ben bank`.")

    def require(self, card: ModelCard, where: str) -> None:
        """JobError where the bank was made by other weights, or for other classes."""
        if self.weights not in {w.sha256 for w in card.weights}:
            raise JobError(
                f"The bank {where} was made by other weights (of model {self.model!r}) than those of {card.name!r}.",
                "Its features mean nothing beside them: make one with `ben bank DATASET --model MODEL --out FILE`.",
                code="bank",
            )
        if self.classes != card.classes:
            raise JobError(f"The bank {where} knows other classes than model {card.name!r}.", "Make it again.", "bank")

    def nearest(self, features: np.ndarray, k: int) -> np.ndarray:
        """int (N, k): rows of the k nearest source patches (Euclidean), nearest first; of equals the first row."""
        if not 1 <= k <= len(self):
            raise JobError(f"{k} neighbours are asked for, and the bank holds {len(self)} patches.", "Ask for fewer.")
        return nearest(features, self.features, k)

    def write(self, path: Path) -> None:
        """Write the bank, whole or not at all. Features and probabilities as float16: a bank is a small file."""
        told = {
            "format": _FORMAT,
            "classes": self.classes,
            "weights": self.weights,
            "model": self.model,
            "title": self.title,
            "licence": self.licence,
            "layer": self.layer,
        }
        with np.errstate(over="ignore"):
            half = self.features.astype(np.float16)
        if not np.isfinite(half).all():  # features beyond 65504
            half = self.features.astype(np.float32)
        with replacing(path) as f:
            np.savez_compressed(
                f,
                features=half,
                labels=self.labels.astype(np.int8),
                p=self.p.astype(np.float16),
                about=np.frombuffer(json.dumps(told, ensure_ascii=False).encode(), np.uint8),
            )


def read_bank(path: str | Path) -> SourceBank:
    """The bank in a file. Raises DataError where it is missing or none."""
    again = "Make one with `ben bank DATASET --model MODEL --out FILE`."
    try:
        with np.load(path, allow_pickle=False) as z:
            told = json.loads(z["about"].tobytes().decode())
            arrays = {k: z[k] for k in ("features", "labels", "p")}
        if told["format"] != _FORMAT:
            raise DataError(f"The bank {path} was written by another version (format {told['format']}).", again)
        return SourceBank(
            arrays["features"].astype(np.float32),
            arrays["labels"].astype(np.int8),
            arrays["p"].astype(np.float32),
            tuple(told["classes"]),
            str(told["weights"]),
            str(told["model"]),
            str(told["title"]),
            str(told["licence"]),
            str(told["layer"]),
        )
    except OSError as e:
        raise DataError(f"The bank {path} cannot be read: {e.strerror or e}.", again) from e
    except (ValueError, KeyError, TypeError, EOFError, IndexError, zipfile.BadZipFile) as e:
        raise DataError(f"{path} is no bank, or a damaged one.", again) from e


def bank_beside(card: ModelCard) -> Path | None:
    """The bank that was shipped with a card: NAME.bank.npz beside its weights, None where there is none."""
    for weights in card.weights:
        path = (card.folder or Path()) / (Path(weights.file).stem + SUFFIX)
        if path.is_file():
            return path
    return None


def make_bank(
    data: DataSet,
    model: str,
    out: Path,
    *,
    split: str | None = None,
    most: int = 0,
    licence: str = "",
    device: str = "auto",
    overwrite: bool = False,
    emit: Emit = silent,
    stop: Callable[[], bool] = lambda: False,
) -> SourceBank:
    """Write the bank of the labelled patches of ``data`` to ``out``.

    split  only records of this split; most: evenly spread, at most so many; 0: all
    Raises JobError, ModelError, DataError where data and model do not fit, OutputError where ``out`` exists.
    """
    from ..learn.evaluate.judging import batches, choose
    from ..machine import cores
    from ..models import load_model
    from ..models.model import probabilities

    if not out.name.endswith(".npz"):
        raise JobError(f"--out {out} does not end in .npz.")
    check_free(out, overwrite)
    emit("step", name="load", text="Loading the model")
    loaded = load_model(model, device=device, precision="fp32", threads=cores())
    card = loaded.card
    if not card.classes:
        raise ModelError(f"Model {card.name!r} gives features and no classes.", "Fine-tune it with `ben train`.")
    chosen = choose(data.records, split).records
    if not chosen:
        raise DataError(f"{data.title} has no labelled patch{f' in the split {split!r}' if split else ''}.")
    if most and len(chosen) > most:
        chosen = tuple(chosen[i] for i in np.linspace(0, len(chosen) - 1, most).round().astype(int))
    emit("step", name="bank", text=f"Looking at {len(chosen)} labelled patches of {data.title}")
    progress = Progress(emit, len(chosen), 0)
    features, p = [], []
    for bands in batches(card, data, chosen, min(loaded.batch, len(chosen))):
        if stop():
            raise Cancelled("The run was stopped.", "Run the same command again.")
        logits, found = loaded.runtime.run(bands)
        features.append(found)
        p.append(probabilities(card, logits))
        progress.add(len(found))
    width = features[0].shape[1]
    if not width:
        raise ModelError(f"Model {card.name!r} exposes no features.", "Retrieval needs a network with pooled features.")
    labels = np.array(
        [[LEFT_OUT if c in r.unsure else int(c in (r.labels or ())) for c in card.classes] for r in chosen], np.int8
    )
    bank = SourceBank(
        np.concatenate(features),
        labels,
        np.concatenate(p),
        card.classes,
        loaded.weights.sha256,
        card.name,
        data.title,
        licence,
    )
    bank.write(out)
    emit("output", kind="bank", path=str(out))
    return bank


def nearest(queries: np.ndarray, source: np.ndarray, k: int) -> np.ndarray:
    """int (N, k): the k nearest rows of ``source`` (M, D) of each query (N, D), nearest first; ties: the first row.

    Memory is bounded whatever N and M are. faiss, where installed, finds candidates; distances are ours, so that the
    answer is the same without it.
    """
    source = np.ascontiguousarray(source, np.float32)
    queries = np.ascontiguousarray(queries, np.float32)
    found = np.empty((len(queries), k), np.int64)
    faiss = _faiss()
    index = None
    if faiss is not None and len(source) > _SOURCE_CHUNK:
        index = faiss.IndexFlatL2(source.shape[1])
        index.add(source)
    for first in range(0, len(queries), _CHUNK):
        here = queries[first : first + _CHUNK]
        some = min(k + _MORE, len(source))
        near = index.search(here, some)[1] if index is not None else _candidates(here, source, some)
        for i, rows in enumerate(near):
            rows = np.sort(rows[rows >= 0])
            distance = ((source[rows].astype(np.float64) - here[i].astype(np.float64)) ** 2).sum(1)
            found[first + i] = rows[np.argsort(distance, kind="stable")[:k]]
    return found


def _candidates(queries: np.ndarray, source: np.ndarray, some: int) -> np.ndarray:
    """int (n, some): nearest rows in single precision, in no order."""
    best = np.empty((len(queries), 0), np.float32)
    rows = np.empty((len(queries), 0), np.int64)
    for first in range(0, len(source), _SOURCE_CHUNK):
        part = source[first : first + _SOURCE_CHUNK]
        d = (part * part).sum(1)[None] - 2 * queries @ part.T
        best = np.concatenate([best, d], 1)
        rows = np.concatenate([rows, np.broadcast_to(np.arange(first, first + len(part)), d.shape)], 1)
        if best.shape[1] > some:
            keep = np.argpartition(best, some - 1, axis=1)[:, :some]
            best, rows = np.take_along_axis(best, keep, 1), np.take_along_axis(rows, keep, 1)
    return rows


def _faiss():  # type: ignore[no-untyped-def]
    if importlib.util.find_spec("faiss") is None:
        return None
    import faiss

    return faiss


def fingerprint(path: str | Path | None) -> str:
    """What identifies a file; "" for none. Raises DataError."""
    if path is None:
        return ""
    try:
        return sha256_of(Path(path))
    except OSError as e:
        raise DataError(f"{path} cannot be read: {e.strerror or e}.") from e
