"""What this machine offers a batch."""

from __future__ import annotations

import shutil
import subprocess

from ..models.runtime import gpu_likely


def gpus() -> int:
    """NVIDIA GPUs of this machine; 0 where the driver's tool does not tell."""
    tool = shutil.which("nvidia-smi") if gpu_likely() else None
    if tool is None:
        return 0
    try:
        told = subprocess.run([tool, "-L"], capture_output=True, text=True, timeout=20, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return 0
    return sum(line.startswith("GPU ") for line in told.splitlines())
