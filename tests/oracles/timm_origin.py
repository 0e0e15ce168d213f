"""reBEN's side, run by timm in an environment of its own: folders as on Hugging Face, and what the origin answers.

python timm_origin.py origin NAME SET VERSION FOLDER PATCHES.npz
                                   FOLDER/NAME-SET-vVERSION with random weights, origin.npz in it: what timm answers
python timm_origin.py ours FOLDER   the same folder through ben_core; ours.npz in it
python timm_origin.py reference OUT.json
                                   resnet18 of made weights, for tests without timm

PATCHES.npz holds one array a band, (N, h, w) at native size. The pipeline is that of ConfigILM (BENv2_utils.py): replicate the
coarser pixels, stack in the order of the release, normalise by "120_nearest", network.
"""

import json
import sys
import zlib
from pathlib import Path

import numpy as np
import torch

# The torchvision that is to be had beside a CPU torch may lack its compiled operators; declared, never called.
_LIBRARY = torch.library.Library("torchvision", "FRAGMENT")
for _operator in ("nms", "qnms"):
    if not hasattr(torch.ops.torchvision, _operator):
        _LIBRARY.define(_operator + "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")

# Mean and deviation, BENv2_utils.py "120_nearest"
STATS = {
    "VV": (-12.643863677978516, 5.133493900299072),
    "VH": (-19.352558135986328, 5.590505599975586),
    "B02": (438.3720703125, 607.02685546875),
    "B03": (614.0556640625, 603.2968139648438),
    "B04": (588.4096069335938, 684.56884765625),
    "B05": (942.8433227539062, 738.4326782226562),
    "B06": (1769.931640625, 1100.4560546875),
    "B07": (2049.551513671875, 1275.805419921875),
    "B08": (2193.2919921875, 1369.3717041015625),
    "B8A": (2235.556640625, 1356.5440673828125),
    "B11": (1568.226806640625, 1070.1612548828125),
    "B12": (997.7324829101562, 813.5276489257812),
}
ORDERS = {
    ("0.1.1", "s1"): "VH VV",
    ("0.1.1", "s2"): "B02 B03 B04 B08 B05 B06 B07 B11 B12 B8A",
    ("0.1.1", "all"): "B02 B03 B04 B08 B05 B06 B07 B11 B12 B8A VH VV",
    ("0.2.0", "s1"): "VV VH",
    ("0.2.0", "s2"): "B02 B03 B04 B05 B06 B07 B08 B8A B11 B12",
    ("0.2.0", "all"): "VV VH B02 B03 B04 B05 B06 B07 B08 B8A B11 B12",
}


def patches(names, n, seed):
    """Made ones, for the tests without timm: band -> (n, h, w): uint16 DN at 10 or 20 m, float32 dB."""
    random = np.random.default_rng(seed)
    made = {}
    for name in names:
        side = 60 if name in ("B05", "B06", "B07", "B8A", "B11", "B12") else 120
        coarse = np.kron(random.normal(0, 1, (n, side // 12, side // 12)), np.ones((12, 12)))
        values = STATS[name][0] + STATS[name][1] * (0.7 * coarse + 0.3 * random.normal(0, 1, (n, side, side)))
        made[name] = values.astype(np.float32) if name[0] == "V" else values.clip(1, 65535).astype(np.uint16)
    return made


def image_of(bands, names):
    """(n, channels, 120, 120), normalised."""
    channels = []
    for name in names:
        x = bands[name].astype(np.float32)
        x = x.repeat(120 // x.shape[1], axis=1).repeat(120 // x.shape[2], axis=2)
        channels.append((x - np.float32(STATS[name][0])) / np.float32(STATS[name][1]))
    return torch.from_numpy(np.stack(channels, axis=1))


def made(name, shape):
    """A weight by its name and shape alone, numpy only."""
    random = np.random.default_rng(zlib.crc32(name.encode()))
    if name.endswith(("running_var", ".weight")) and len(shape) == 1:
        return random.uniform(0.5, 1.5, shape).astype(np.float32)
    if len(shape) > 1:
        fan_in = np.prod(shape[1:])
        return random.standard_normal(shape, dtype=np.float32) * np.float32(np.sqrt(1.5 / fan_in))
    return (0.1 * random.standard_normal(shape)).astype(np.float32)


def network_of(name, channels):
    """timm.create_model as ConfigILM.py calls it, and the keyword arguments that the architecture refused."""
    import timm

    given = {"num_classes": 19, "img_size": 120, "in_chans": channels, "drop_rate": 0.15, "drop_path_rate": 0.15}
    while True:
        try:
            return timm.create_model(name, pretrained=False, **given).eval()
        except TypeError as e:
            (refused,) = [k for k in given if f"'{k}'" in str(e)]
            del given[refused]


def shaken(network, seed):
    """Random weights of which none is zero, one or alike: a tensor in the wrong place must show."""
    generator = torch.Generator().manual_seed(seed)
    for key, value in network.state_dict().items():
        if not value.is_floating_point():
            continue
        noise = torch.rand(value.shape, generator=generator) - 0.5
        if key.endswith("running_var"):
            value.copy_(1 + noise)
        elif value.dim() > 1:
            value.add_(noise * value.std().clamp(min=1e-2) * 0.2)
            if value.shape[0] == 19:  # the classifier: logits of ordinary size
                value.mul_(10)
        else:
            value.add_(0.2 * noise)
    return network


def settled(network, image):
    """Normalisations take the statistics of these images, nearly: all of it would make deep networks chaotic."""
    for module in network.modules():
        if isinstance(module, torch.nn.modules.batchnorm._BatchNorm):
            module.momentum = 0.9
    with torch.no_grad():
        network.train()(image)
    return network.eval()


def write(network, name, channels, folder):
    """The files of a repository: keys of ConfigILM's state dict, the ILMConfiguration as far as anybody reads it."""
    from safetensors.torch import save_file

    folder.mkdir(parents=True)
    state = {"model.vision_encoder." + k: v.contiguous() for k, v in network.state_dict().items()}
    save_file(state, folder / "model.safetensors")
    config = {
        "channels": channels,
        "class_names": [str(i) for i in range(19)],
        "classes": 19,
        "drop_path_rate": 0.15,
        "drop_rate": 0.15,
        "hf_model_name": None,
        "image_size": 120,
        "network_type": 0,
        "timm_model_name": name,
    }
    (folder / "config.json").write_text(json.dumps(config, indent=2, sort_keys=True))


def origin(name, band_set, version, folder, patches):
    names = ORDERS[version, band_set].split()
    folder = Path(folder) / f"{name}-{band_set}-v{version}"
    bands = {k: v for k, v in np.load(patches).items() if k in names}
    torch.manual_seed(zlib.crc32(name.encode()))
    network = settled(shaken(network_of(name, len(names)), 0), image_of(bands, names))
    write(network, name, len(names), folder)
    with torch.inference_mode():
        logits = network(image_of(bands, names)).numpy()
    np.savez(folder / "origin.npz", logits=logits, **bands)


def ours(folder):
    from ben_core.models import load_model
    from ben_core.models.importers.reben import import_model

    folder = Path(folder)
    bands = dict(np.load(folder / "origin.npz"))
    bands.pop("logits")
    card = import_model(folder, "converted", folder, overwrite=True)
    answers = {r: load_model(str(card), runtime=r, device="cpu").runtime.run(bands)[0] for r in ("torch", "onnx")}
    np.savez(folder / "ours.npz", **answers)


def reference(out):
    names = ORDERS["0.2.0", "s2"].split()
    network = network_of("resnet18", len(names))
    state = network.state_dict()
    network.load_state_dict(
        {k: torch.from_numpy(made(k, v.shape)) if v.is_floating_point() else v for k, v in state.items()}
    )
    with torch.inference_mode():
        logits = network(image_of(patches(names, 2, 1), names))
    Path(out).write_text(json.dumps({"logits": [[round(v, 6) for v in row] for row in logits.tolist()]}) + "\n")


if __name__ == "__main__":
    {"origin": origin, "ours": ours, "reference": reference}[sys.argv[1]](*sys.argv[2:])
