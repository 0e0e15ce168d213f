"""What every network offers."""

from __future__ import annotations

from torch import Tensor, nn


class Network(nn.Module):
    """A backbone and a classifier: image (N, channels, h, w) to features (N, D) to logits (N, classes).

    A network without classes answers logits of shape (N, 0).
    """

    def forward_features(self, x: Tensor) -> Tensor:
        """Pooled features (N, D)."""
        raise NotImplementedError

    def classify(self, features: Tensor) -> Tensor:
        """Logits (N, classes)."""
        raise NotImplementedError

    def forward(self, x: Tensor) -> Tensor:
        return self.classify(self.forward_features(x))
