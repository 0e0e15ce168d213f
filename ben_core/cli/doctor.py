"""``ben doctor``: what is installed, what it can do, and whether it works; text for a bug report."""

from __future__ import annotations

import json
import os
import platform
import sys
import tempfile
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any

import click

from ..errors import EXIT_JOB, BenError
from ..machine import cores, free_disk
from ..version import __version__

_PACKAGES = (
    "numpy",
    "rasterio",
    "pyogrio",
    "geopandas",
    "shapely",
    "pyproj",
    "onnxruntime",
    "onnxruntime-gpu",
    "torch",
    "safetensors",
)


@click.command(name="doctor", short_help="Check this installation; text for a bug report.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(as_json: bool) -> int:
    """Say versions, devices, GDAL and PROJ, where journals lie, and run a self-test.

    Exit code 2 where a check fails.
    """
    found = {
        "system": _system(),
        "packages": _packages(),
        "GDAL": _gdal(),
        "devices": _devices(),
        "folders": _folders(),
    }
    checks = {name: _check(test) for name, test in _TESTS.items()}
    ok = all(c.startswith("ok") for c in checks.values())
    if as_json:
        click.echo(json.dumps({**found, "self-test": checks, "ok": ok}, indent=2))
    else:
        for title, values in {**found, "self-test": checks}.items():
            click.echo(title)
            for key, value in values.items():
                click.echo(f"  {key:<18}{value}")
        click.echo("All is well." if ok else "Something is wrong: see the self-test above.")
    return 0 if ok else EXIT_JOB


def _system() -> dict[str, str]:
    memory = "unknown"
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        memory = f"{os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE') / 2**30:.1f} GiB"
    return {
        "ben": __version__,
        "Python": f"{platform.python_version()} ({sys.executable})",
        "platform": platform.platform(),
        "CPU": f"{cores()} cores, {platform.machine()}",
        "memory": memory,
    }


def _packages() -> dict[str, str]:
    found = {}
    for name in _PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "not installed"
    return found


def _gdal() -> dict[str, str]:
    import pyogrio
    import rasterio
    from rasterio.drivers import raster_driver_extensions

    with rasterio.Env() as env:
        drivers = env.drivers()
    return {
        "raster (rasterio)": rasterio.__gdal_version__,
        "vector (pyogrio)": ".".join(map(str, pyogrio.__gdal_version__)),
        "PROJ": getattr(rasterio, "__proj_version__", "unknown"),
        "JPEG 2000": "JP2OpenJPEG" if "JP2OpenJPEG" in drivers else "MISSING: Sentinel-2 products cannot be read",
        "COG": "yes" if "COG" in drivers else "MISSING",
        "formats": str(len(set(raster_driver_extensions().values()))),
    }


def _devices() -> dict[str, str]:
    from .. import models  # noqa: F401  (keeps ONNX Runtime from reporting to its maker)

    found = {}
    try:
        import onnxruntime

        found["ONNX Runtime"] = ", ".join(onnxruntime.get_available_providers())
    except ImportError:
        found["ONNX Runtime"] = "not installed: pip install 'bigearthnet-mapper[cpu]', or [cuda]"
    try:
        import torch

        names = [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())]
        found["PyTorch CUDA"] = ", ".join(names) or f"none (built for CUDA {torch.version.cuda})"
        found["PyTorch MPS"] = "yes" if torch.backends.mps.is_available() else "no"
    except ImportError:
        found["PyTorch"] = "not installed (optional): pip install 'bigearthnet-mapper[torch]'"
    return found


def _folders() -> dict[str, str]:
    from ..models.cache import cache_folder

    free = free_disk(Path()) / 2**30
    return {
        "journals": "OUT/.ben-NAME-KEY beside the products, until a run ends (ben clean removes leftovers)",
        "cache": f"{cache_folder()}: models fetched or imported, Sentinel-1 prepared (BEN_CACHE names another)",
        "temporary": tempfile.gettempdir(),
        "free here": f"{free:.1f} GiB ({Path.cwd()})",
    }


def _check(test: Callable[[], str]) -> str:
    try:
        return f"ok: {test()}"
    except BenError as e:
        return f"FAILED: {e}"
    except Exception as e:
        return f"FAILED: {type(e).__name__}: {e}"


def _patches(model: Any) -> dict[str, Any]:
    import numpy as np

    rng = np.random.default_rng(0)
    return {name: rng.integers(1, 3000, (2, 120, 120), np.uint16) for name in model.card.bands}


def _test_embedded() -> str:
    from ..models import load_model

    model = load_model(device="cpu")
    p = model.predict(_patches(model))
    return f"{model.card.name} answers {p.shape[1]} classes ({model.runtime.version})"


def _test_runtimes() -> str:
    from importlib.util import find_spec

    from ..models import load_model

    if not (find_spec("onnxruntime") and find_spec("torch") and find_spec("safetensors")):
        return "only one runtime is installed, nothing to compare"
    models = [load_model(device="cpu", runtime=r) for r in ("onnx", "torch")]
    a, b = (m.predict(_patches(m)) for m in models)
    difference = float(abs(a - b).max())
    if difference > 1e-4:
        raise ValueError(f"ONNX Runtime and PyTorch differ by {difference:.1e}")
    return f"ONNX Runtime and PyTorch differ by {difference:.1e} at most"


def _test_jp2() -> str:
    import numpy as np
    import rasterio

    pixels = np.arange(64 * 64, dtype=np.uint16).reshape(64, 64)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "test.jp2"
        with rasterio.open(
            path,
            "w",
            driver="JP2OpenJPEG",
            width=64,
            height=64,
            count=1,
            dtype="uint16",
            transform=rasterio.Affine(10, 0, 0, 0, -10, 0),
            crs="EPSG:32633",
            QUALITY="100",
            REVERSIBLE="YES",
        ) as f:
            f.write(pixels, 1)
        with rasterio.open(path) as f:
            if not (f.read(1) == pixels).all():
                raise ValueError("JPEG 2000 does not come back as it was written")
    return "JPEG 2000 is read as it was written"


_TESTS = {"embedded model": _test_embedded, "runtimes": _test_runtimes, "JPEG 2000": _test_jp2}
