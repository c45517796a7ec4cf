"""Stacked Hourglass: networks that go down to the whole person and up again, each correcting the maps of the one before.

Newell et al. 2016 (arXiv 1603.06937), with the layers of pytorch-pose; the authors' stem has one narrower residual.
"""

from __future__ import annotations

from collections.abc import Sequence

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import interpolate, max_pool2d

from training.codecs.codec import Codec
from training.codecs.heatmap import open_heatmap
from training.systems.system import NoOptions, Stage, System

DEPTH = 4


class Residual(nn.Module):
    """Bottleneck with normalisation before its convolutions; a 1x1 convolution on the shortcut where the widths differ."""

    def __init__(self, channels: int, width: int) -> None:
        super().__init__()
        half = width // 2
        self.inner = nn.Sequential(
            nn.BatchNorm2d(channels), nn.ReLU(), nn.Conv2d(channels, half, 1),
            nn.BatchNorm2d(half), nn.ReLU(inplace=True), nn.Conv2d(half, half, 3, padding=1),
            nn.BatchNorm2d(half), nn.ReLU(inplace=True), nn.Conv2d(half, width, 1),
        )  # fmt: skip
        self.shortcut = nn.Identity() if channels == width else nn.Conv2d(channels, width, 1)

    def forward(self, x: Tensor) -> Tensor:
        """(B, channels, h, w) -> (B, width, h, w)."""
        total: Tensor = self.inner(x) + self.shortcut(x)
        return total


class Hourglass(nn.Module):
    """The sum of what a residual sees at this resolution and what a smaller hourglass sees at half of it."""

    def __init__(self, depth: int, width: int) -> None:
        super().__init__()
        self.skip, self.down, self.up = Residual(width, width), Residual(width, width), Residual(width, width)
        self.inner: nn.Module = Hourglass(depth - 1, width) if depth > 1 else Residual(width, width)

    def forward(self, x: Tensor) -> Tensor:
        """(B, width, h, w) -> the same."""
        low = self.up(self.inner(self.down(max_pool2d(x, 2))))
        total: Tensor = self.skip(x) + interpolate(low, scale_factor=2)
        return total


class StackedHourglass(nn.Module):
    """width: of the features, 256 in the publication. maps: of each stack."""

    def __init__(self, width: int, maps: Sequence[int]) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(3, width // 4, 7, stride=2, padding=3), nn.BatchNorm2d(width // 4), nn.ReLU(inplace=True),
            Residual(width // 4, width // 2), nn.MaxPool2d(2), Residual(width // 2, width), Residual(width, width),
        )  # fmt: skip
        self.hourglasses = nn.ModuleList(nn.Sequential(Hourglass(DEPTH, width), Residual(width, width)) for _ in maps)
        self.features = nn.ModuleList(
            nn.Sequential(nn.Conv2d(width, width, 1), nn.BatchNorm2d(width), nn.ReLU(inplace=True)) for _ in maps
        )
        self.heads = nn.ModuleList(nn.Conv2d(width, m, 1) for m in maps)
        self.from_features = nn.ModuleList(nn.Conv2d(width, width, 1) for _ in maps[1:])
        self.from_maps = nn.ModuleList(nn.Conv2d(m, width, 1) for m in maps[:-1])

    def forward(self, image: Float[Tensor, "batch 3 height width"]) -> tuple[Float[Tensor, "batch maps rows columns"], ...]:
        """The maps of each stack, (B, maps, H/4, W/4)."""
        x, found = self.stem(image), []
        for index, (hourglass, feature, head) in enumerate(zip(self.hourglasses, self.features, self.heads, strict=True)):
            seen = feature(hourglass(x))
            found.append(head(seen))
            if index < len(self.heads) - 1:
                x = x + self.from_features[index](seen) + self.from_maps[index](found[-1])
        return tuple(found)


def _system(stacks: int, width: int = 256) -> System:
    def stages(options: NoOptions, codec: Codec) -> tuple[Stage, ...]:
        return tuple(Stage(codec, stride=4) for _ in range(stacks))

    return System(
        lambda options, channels: StackedHourglass(width, channels), stages, open_heatmap, multiple=4 * 2**DEPTH,
        heads=tuple(f"heads.{index}" for index in range(stacks)), reads_maps=("from_maps",),
        source="Newell et al. 2016, arXiv 1603.06937",
    )  # fmt: skip


ONE, TWO, EIGHT = _system(1), _system(2), _system(8)
TINY = _system(2, 64)
