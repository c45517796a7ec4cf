"""AlexNet's layers (Krizhevsky et al. 2012) for coordinates: five convolutions, two hidden layers, a row of numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from jaxtyping import Float
from torch import Tensor, nn

CELLS = 6  # a side of the last map at 220 px


class AlexRegressor(nn.Module):
    """(B, 3, S, S) -> (B, outputs).

    widths: of the five convolutions. hidden: of the two dense layers. first: kernel and stride of the first convolution. norm:
    after the first two convolutions response normalisation as published (`lrn`), or batch normalisation after all (`batch`),
    with which narrow ones learn from chance.
    """

    def __init__(
        self, outputs: int, widths: Sequence[int], hidden: int, dropout: float, first: tuple[int, int] = (11, 4),
        norm: Literal["lrn", "batch"] = "lrn", cells: int = CELLS,
    ) -> None:  # fmt: skip
        super().__init__()
        kernel, stride = first
        kernels, strides, pools = (kernel, 5, 3, 3, 3), (stride, 1, 1, 1, 1), (True, True, False, False, True)
        layers: list[nn.Module] = []
        channels = 3
        for index, (width, size, step, pool) in enumerate(zip(widths, kernels, strides, pools, strict=True)):
            layers.append(nn.Conv2d(channels, width, size, step, padding=2 if index == 0 else size // 2))
            layers += [nn.BatchNorm2d(width)] if norm == "batch" else []
            layers.append(nn.ReLU(inplace=True))
            layers += [nn.LocalResponseNorm(5)] if norm == "lrn" and index < 2 else []
            layers += [nn.MaxPool2d(3, 2, ceil_mode=True)] if pool else []
            channels = width
        self.features = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(cells), nn.Flatten())
        self.dense = nn.Sequential(
            nn.Linear(channels * cells**2, hidden), nn.ReLU(inplace=True), nn.Dropout(dropout),
            nn.Linear(hidden, hidden), nn.ReLU(inplace=True), nn.Dropout(dropout),
        )  # fmt: skip
        self.head = nn.Linear(hidden, outputs)

    def forward(self, image: Float[Tensor, "batch 3 height width"]) -> Float[Tensor, "batch outputs"]:
        """One row per image."""
        row: Tensor = self.head(self.dense(self.features(image)))
        return row
