"""torchgeo's ResNets with made weights, in an environment of its own (tools/oracle-venv-torchgeo.sh).

python torchgeo_origin.py origin NAME FOLDER    resnet50_sentinel2_all_moco.pth, and origin.npz, in FOLDER
python torchgeo_origin.py references OUT.npz    features of two narrow files, for tests without torchgeo

The pixels go through torchgeo's own transforms, but for the two that ben_core replaces, which is said in
``importers/torchgeo.py``: resize and crop become one resize to 224. Bands of 20 and 60 m are enlarged first,
bilinearly, as SSL4EO-S12 holds them.
"""

import sys
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from made_state import declare_torchvision, fill, made_patches

declare_torchvision()
from torchgeo.models import ResNet18_Weights, ResNet50_Weights, resnet18, resnet50  # noqa: E402
from torchvision.transforms import v2 as T  # noqa: E402

_MAKE = {"resnet18": (resnet18, ResNet18_Weights), "resnet50": (resnet50, ResNet50_Weights)}
SIDES = {"B01": 20, "B09": 20, "B10": 20, "B05": 60, "B06": 60, "B07": 60, "B8A": 60, "B11": 60, "B12": 60}


def published(name):
    """torchgeo's factory and entry for "resnet50_sentinel2_all_moco"."""
    depth, _, rest = name.partition("_")
    factory, weights = _MAKE[depth]
    return factory, weights[rest.upper()]


def patches(names, n):
    """band -> (n, h, w) at native size: uint16 DN, float32 dB."""
    made = made_patches(names, n)
    bands = {b: made[:, i, :: 120 // SIDES.get(b, 120), :: 120 // SIDES.get(b, 120)] for i, b in enumerate(names)}
    return {b: (x / np.float32(200) - 30).astype(np.float32) if b[0] == "V" else x for b, x in bands.items()}


def ours(band):
    """torchgeo's B1, B8a as B01, B8A."""
    return band if band[0] == "V" else "B" + band[1:].upper().zfill(2)


def features(network, entry, bands):
    channels = [
        F.interpolate(torch.from_numpy(bands[ours(b)].astype(np.float32))[:, None], (120, 120), mode="bilinear")
        for b in entry.meta["bands"]
    ]
    transforms = [t for t in entry.transforms.children() if not isinstance(t, T.CenterCrop)]
    image = torch.cat(channels, 1)
    for t in transforms:
        image = F.interpolate(image, (224, 224), mode="bilinear") if isinstance(t, T.Resize) else t(image)
    with torch.inference_mode():
        return network(image).numpy()


def network(name):
    factory, entry = published(name)
    return fill(factory(in_chans=entry.meta["in_chans"], num_classes=0)).eval(), entry


def origin(name, folder):
    made, entry = network(name)
    torch.save(made.state_dict(), Path(folder) / f"{name}.pth")
    bands = patches([ours(b) for b in entry.meta["bands"]], 2)
    np.savez(Path(folder) / "origin.npz", features=features(made, entry, bands), **bands)


def references(out):
    held = {}
    for name in ("resnet18_sentinel2_all_moco", "resnet18_sentinel2_rgb_moco"):
        made, entry = network(name)
        held[name] = features(made, entry, patches([ours(b) for b in entry.meta["bands"]], 2))[:, ::4]
    np.savez_compressed(out, **held)


if __name__ == "__main__":
    {"origin": origin, "references": references}[sys.argv[1]](*sys.argv[2:])
