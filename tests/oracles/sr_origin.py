"""SR-ResNet50's own code, run with torchvision in an environment of its own (tools/oracle-venv-torchgeo.sh).

python sr_origin.py origin CHECKOUT FORM PATCHES.npz FOLDER   its .pth files with made weights, origin.npz in FOLDER
python sr_origin.py references CHECKOUT OUT.npz               small networks, for tests without its code

CHECKOUT is a copy of the repository Sudarshan-Hegde/Geo-Agri-Analyst; its classes are read out of
majprojsuper_new.ipynb ("trained") or new-classifier-deployment/app.py ("deployed"), nothing else of it runs.
PATCHES.npz: B04, B03, B02, each uint16 (N, 120, 120).
"""

import ast
import json
import sys
from pathlib import Path

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from made_state import declare_torchvision, fill, made_patches
from PIL import Image

declare_torchvision()
from torchvision.models import resnet  # noqa: E402
from torchvision.transforms import functional as T  # noqa: E402

SOURCES = {"trained": "majprojsuper_new.ipynb", "deployed": "new-classifier-deployment/app.py"}
CLASSES = ("RFB", "DenseBlock", "RRDB", "RRFDB", "Generator", "SREnhancedClassifier")


def classes(checkout, form, resnet50):
    """The origin's classes by name; ``resnet50`` stands for torchvision's, whose weights it would download."""
    path = Path(checkout) / SOURCES[form]
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".ipynb":
        cells = [c for c in json.loads(text)["cells"] if c["cell_type"] == "code"]
        sources = ["".join(c["source"]) for c in cells]
        text = "\n".join(s for s in sources if any(f"class {name}(" in s for name in CLASSES))
        text = "\n".join(line for line in text.splitlines() if not line.startswith(("!", "%")))
    kept = [n for n in ast.parse(text).body if isinstance(n, ast.ClassDef) and n.name in CLASSES]

    class ResNet50_Weights:
        IMAGENET1K_V2 = None

    names = {"torch": torch, "nn": nn, "F": F, "resnet50": resnet50, "ResNet50_Weights": ResNet50_Weights}
    exec(compile(ast.Module(kept, []), str(path), "exec"), names)
    return names


def picture(patch):
    """What the notebook's data set makes of bands (3, 120, 120): (3, 32, 32) in [-1, 1]."""
    image = np.clip(np.stack(list(patch), axis=-1).astype(np.float32) / 10000.0, 0, 1)
    low = Image.fromarray((image * 255).astype(np.uint8)).resize((32, 32), Image.BICUBIC)
    return T.normalize(T.to_tensor(low), [0.5] * 3, [0.5] * 3)


def answers(classifier, patches):
    x = torch.stack([picture(p) for p in patches])
    with torch.inference_mode():
        image = classifier.sr_model(x)
        return {"low": x.numpy(), "image": image.numpy(), "logits": classifier(x).numpy()}


def network(checkout, form, rrdb, rrfdb, resnet50=resnet.resnet50):
    own = classes(checkout, form, resnet50)
    classifier = own["SREnhancedClassifier"](19, own["Generator"](num_rrdb=rrdb, num_rrfdb=rrfdb, nf=64))
    return fill(classifier).eval()


def origin(checkout, form, patches, folder):
    classifier = network(checkout, form, 12, 6)
    bands = np.load(patches)
    folder = Path(folder)
    # Saved as DataParallel saves it, which the notebook used.
    torch.save({"module." + k: v for k, v in classifier.state_dict().items()}, folder / "best_classifier.pth")
    torch.save(classifier.sr_model.state_dict(), folder / "generator_ensemble.pth")
    np.savez(folder / "origin.npz", **answers(classifier, np.stack([bands[b] for b in ("B04", "B03", "B02")], 1)))


def references(checkout, out):
    held = {}
    for form in SOURCES:
        small = network(checkout, form, 2, 1, lambda weights: resnet.ResNet(resnet.Bottleneck, [1, 1, 1, 1]))
        got = answers(small, made_patches(("B04", "B03", "B02"), 2))
        held |= {f"{form}/logits": got["logits"], f"{form}/image": got["image"][:, :, ::19, ::19]}
        held["low"] = np.round((got["low"] + 1) / 2 * 255).astype(np.uint8)
    np.savez_compressed(out, **held)


if __name__ == "__main__":
    {"origin": origin, "references": references}[sys.argv[1]](*sys.argv[2:])
