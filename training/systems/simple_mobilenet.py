"""Simple Baselines on MobileNetV2 (Sandler et al. 2018): a small network that can start from ImageNet's weights."""

from __future__ import annotations

from torch import Tensor, nn
from torchvision.models.mobilenetv2 import MobileNetV2

from training.systems.simple_baseline import simple_system


class MobileNetFeatures(MobileNetV2):
    """torchvision's MobileNetV2 without pooling and classifier; its state dict loads ImageNet files except for `classifier`."""

    channels = 1280

    def __init__(self) -> None:
        super().__init__()
        del self.classifier
        for layer in self.modules():
            if isinstance(layer, nn.ReLU6):
                layer.inplace = False  # its gradient needs its input: in place it would keep a copy

    def _forward_impl(self, x: Tensor) -> Tensor:
        features: nn.Module = self.features
        return features(x)


MOBILENET_V2 = simple_system(MobileNetFeatures, (128, 96, 96))
