"""The origin's side of a published folder, run with ConfigILM: load by ``from_pretrained``, answer.

python ilm_origin.py FOLDER IMAGES.npy OUT.npy     IMAGES: float32 (N, channels, 120, 120), normalised

The class is reBEN's BigEarthNetv2_0_ImageClassifier reduced to what loading and answering need: a LightningModule with
PyTorchModelHubMixin whose ``model`` is ConfigILM's network for an ILMConfiguration of 19 classes.
"""

import sys

import numpy as np
import torch

# The torchvision that is to be had beside a CPU torch may lack its compiled operators; declared, never called.
_LIBRARY = torch.library.Library("torchvision", "FRAGMENT")
for _operator in ("nms", "qnms"):
    if not hasattr(torch.ops.torchvision, _operator):
        _LIBRARY.define(_operator + "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")

import lightning.pytorch as pl  # noqa: E402
from configilm import ConfigILM  # noqa: E402
from configilm.ConfigILM import ILMConfiguration, ILMType  # noqa: E402
from huggingface_hub import PyTorchModelHubMixin  # noqa: E402


class BigEarthNetv2_0_ImageClassifier(pl.LightningModule, PyTorchModelHubMixin):
    def __init__(self, config: ILMConfiguration, lr: float = 1e-3, warmup: int | None = None) -> None:
        super().__init__()
        assert config.network_type == ILMType.IMAGE_CLASSIFICATION
        assert config.classes == 19
        self.config = config
        self.model = ConfigILM.ConfigILM(config)

    def forward(self, batch):
        return self.model(batch)


folder, images, out = sys.argv[1:]
model = BigEarthNetv2_0_ImageClassifier.from_pretrained(folder).eval()
with torch.inference_mode():
    np.save(out, model(torch.from_numpy(np.load(images))).numpy())
print(model.config.timm_model_name, model.config.channels, model.config.class_names[:2])
