"""The processes that train together: one, or as many as torchrun started."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
import torch.distributed as dist
from torch import Tensor, nn

from ...errors import JobError
from ...machine import cores
from ...models.runtime import torch_device
from .config import Config


@dataclass(frozen=True)
class Crew:
    """``rank`` of ``world`` processes on a device; ``why`` says how it was chosen. All methods are collective."""

    rank: int
    world: int
    device: torch.device
    why: str

    @property
    def leads(self) -> bool:
        """Whether this process writes files and reports."""
        return self.rank == 0

    def sum(self, value: Tensor) -> Tensor:
        if self.world > 1:
            dist.all_reduce(value)
        return value

    def average(self, tensors: Sequence[Tensor]) -> None:
        """Replace each by its mean over the processes."""
        if self.world == 1 or not tensors:
            return
        flat = torch.cat([t.flatten() for t in tensors])
        dist.all_reduce(flat)
        flat /= self.world
        for t, mean in zip(tensors, flat.split([t.numel() for t in tensors]), strict=True):
            t.copy_(mean.view_as(t))

    def any(self, flag: bool) -> bool:
        return flag if self.world == 1 else bool(self.sum(torch.tensor(float(flag), device=self.device)) > 0)

    def interleaved(self, rows: np.ndarray | None, count: int) -> np.ndarray:
        """(count, …) from every process's ``rows``, process r holding rows r, r + world, … (None: it has none)."""
        parts: list[np.ndarray | None] = [rows] * self.world
        if self.world > 1:
            dist.all_gather_object(parts, rows)
        first = next(part for part in parts if part is not None)
        whole = np.empty((count, *first.shape[1:]), first.dtype)
        for r, part in enumerate(parts):
            if part is not None:
                whole[r :: self.world] = part
        return whole

    def together(self, module: nn.Module) -> nn.Module:
        """The module with gradients averaged over the processes, and on GPUs batch norm over all of them."""
        if self.world == 1:
            return module
        if self.device.type == "cuda":
            module = nn.SyncBatchNorm.convert_sync_batchnorm(module)
        # Running statistics are averaged by the loop, so that every process has the same.
        ids = [self.device.index] if self.device.type == "cuda" else None
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # its new name is unknown to older releases
            return nn.parallel.DistributedDataParallel(module, device_ids=ids, broadcast_buffers=False)


@contextmanager
def crew_of(config: Config) -> Iterator[Crew]:
    """Join the processes that torchrun started, if it did. Raises JobError where the device is not there."""
    world, rank, local = (int(os.environ.get(k, d)) for k, d in (("WORLD_SIZE", 1), ("RANK", 0), ("LOCAL_RANK", 0)))
    wanted = config.device
    if world > 1 and (wanted == "cuda" or (wanted == "auto" and torch.cuda.is_available())):
        wanted = f"cuda:{local}"
    name, why = torch_device(wanted)
    device = torch.device(name)
    if config.precision == "fp16" and device.type != "cuda":
        raise JobError(f"--precision fp16 does not train on {device.type}.", "Use bf16 or fp32.")
    if device.type == "cuda":
        torch.cuda.set_device(device)
        torch.set_float32_matmul_precision("medium")  # as in the recipe of reBEN
    elif device.type == "cpu":
        torch.set_num_threads(config.threads or max(1, cores() // world))
    if world > 1:
        dist.init_process_group("nccl" if device.type == "cuda" else "gloo")
    try:
        yield Crew(rank, world, device, why)
    finally:
        if world > 1:
            dist.destroy_process_group()
