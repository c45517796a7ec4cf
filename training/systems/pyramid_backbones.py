"""Image features of four levels: (B, 3, H, W) -> (B, `channels[i]`, H / s, W / s) for s = 4, 8, 16, 32, fine to coarse."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor
from torchvision.models.resnet import BasicBlock, Bottleneck

from training.systems.backbones import ResNetFeatures, SmallFeatures


class ResNetPyramid(ResNetFeatures):
    """torchvision's ResNet, C2 to C5; its state dict loads ImageNet files except for `fc`."""

    def __init__(self, block: type[BasicBlock] | type[Bottleneck], layers: Sequence[int]) -> None:
        super().__init__(block, layers)
        self.level_channels = tuple(width * block.expansion for width in (64, 128, 256, 512))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """The outputs of the four stages."""
        c2 = self.layer1(self.maxpool(self.relu(self.bn1(self.conv1(x)))))
        c3 = self.layer2(c2)
        c4 = self.layer3(c3)
        return c2, c3, c4, self.layer4(c4)


class SmallPyramid(SmallFeatures):
    """The narrow network for CPUs, block by block."""

    def __init__(self, widths: Sequence[int], stem: int) -> None:
        super().__init__(widths, stem)
        self.level_channels = tuple(widths)

    def forward(self, image: Tensor) -> tuple[Tensor, ...]:  # type: ignore[override]
        """The outputs of the blocks."""
        features, levels = self.stem(image), []
        for block in self.blocks:
            features = block(features)
            levels.append(features)
        return tuple(levels)
