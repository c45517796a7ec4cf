"""Image features at stride 32: (B, 3, H, W) -> (B, `channels`, H/32, W/32)."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn
from torchvision.models.resnet import BasicBlock, Bottleneck, ResNet

IMAGENET = "ImageNet file"


class ResNetFeatures(ResNet):
    """torchvision's ResNet without pooling and classifier; its state dict loads ImageNet files except for `fc`."""

    def __init__(self, block: type[BasicBlock] | type[Bottleneck], layers: Sequence[int]) -> None:
        super().__init__(block, list(layers))
        self.channels = 512 * block.expansion
        del self.avgpool, self.fc

    def _forward_impl(self, x: Tensor) -> Tensor:
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        return self.layer4(self.layer3(self.layer2(self.layer1(x))))


class SmallFeatures(nn.Module):
    """A narrow residual network for CPUs: a strided stem to stride 4, one basic block per stage to stride 32."""

    def __init__(self, widths: Sequence[int], stem: int) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(3, stem, 3, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(stem),
            nn.ReLU(inplace=True),
            nn.Conv2d(stem, widths[0], 3, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(widths[0]),
            nn.ReLU(inplace=True),
        )
        blocks: list[nn.Module] = []
        channels = widths[0]
        for index, width in enumerate(widths):
            stride = 1 if index == 0 else 2
            shortcut = None
            if stride != 1 or channels != width:
                shortcut = nn.Sequential(nn.Conv2d(channels, width, 1, stride=stride, bias=False), nn.BatchNorm2d(width))
            blocks.append(BasicBlock(channels, width, stride, shortcut))
            channels = width
        self.blocks = nn.Sequential(*blocks)
        self.channels = channels
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d):
                nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, image: Tensor) -> Tensor:
        """(B, 3, H, W) -> (B, C, H/32, W/32)."""
        return self.blocks(self.stem(image))
