"""What this machine offers a batch."""

from __future__ import annotations

import os
import shutil
import subprocess

from ..models.runtime import gpu_likely


def gpus() -> tuple[str, ...]:
    """NVIDIA GPUs that this process may use, as CUDA_VISIBLE_DEVICES names them; () where the driver's tool does not tell."""
    tool = shutil.which("nvidia-smi") if gpu_likely() else None
    if tool is None:
        return ()
    allowed = os.environ.get("CUDA_VISIBLE_DEVICES")
    if allowed is not None:  # a scheduler such as SLURM gave us these
        return tuple(d.strip() for d in allowed.split(",") if d.strip() not in ("", "-1"))
    try:
        told = subprocess.run([tool, "-L"], capture_output=True, text=True, timeout=20, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return ()
    return tuple(str(i) for i in range(sum(line.startswith("GPU ") for line in told.splitlines())))
