"""Simple Baselines: a ResNet, three deconvolutions, one heatmap per joint (Xiao et al. 2018; T 4.3)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torchvision.models.resnet import BasicBlock, Bottleneck, ResNet


class SimpleBaseline(nn.Module):
    """Backbone at stride 32, three 4x4 stride-2 deconvolutions, a 1x1 convolution: heatmaps at stride 4.

    backbone: (B, 3, H, W) -> (B, C, H/32, W/32).
    """

    def __init__(
        self, backbone: nn.Module, backbone_channels: int, joints: int, deconv_channels: Sequence[int] = (256, 256, 256)
    ) -> None:
        super().__init__()
        self.backbone = backbone
        layers: list[nn.Module] = []
        channels = backbone_channels
        for width in deconv_channels:
            layers += [
                nn.ConvTranspose2d(channels, width, 4, stride=2, padding=1, bias=False),
                nn.BatchNorm2d(width),
                nn.ReLU(inplace=True),
            ]
            channels = width
        self.deconvolutions = nn.Sequential(*layers)
        self.head = nn.Conv2d(channels, joints, 1)
        for layer in self.modules():
            if isinstance(layer, nn.ConvTranspose2d):
                nn.init.normal_(layer.weight, std=0.001)
        nn.init.normal_(self.head.weight, std=0.001)
        nn.init.constant_(self.head.bias, 0.0)  # type: ignore[arg-type]

    def forward(self, image: Float[Tensor, "batch 3 height width"]) -> Float[Tensor, "batch joints rows columns"]:
        """Heatmaps (B, J, H/4, W/4) of normalised RGB crops."""
        return self.head(self.deconvolutions(self.backbone(image)))


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


def normalise(image: Tensor) -> Float[Tensor, "batch 3 height width"]:
    """uint8 RGB crops (B, H, W, 3) to ImageNet-normalised float (B, 3, H, W)."""
    mean = torch.tensor([0.485, 0.456, 0.406], device=image.device)
    std = torch.tensor([0.229, 0.224, 0.225], device=image.device)
    return ((image.float() / 255.0 - mean) / std).permute(0, 3, 1, 2).contiguous(memory_format=torch.channels_last)
