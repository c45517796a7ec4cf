"""The numbers that targets are drawn with."""

from __future__ import annotations

from dataclasses import dataclass

from training.tracking.network_settings import TmlOptions
from training.tracking.train_settings import TmlTrainSettings

_BY_STRIDE = {4: (5.0, 4.0, 1.0), 8: (7.0, 8.0, 2.0)}


@dataclass(frozen=True)
class Drawing:
    """sigma: of heatmaps. width: within which limbs and ways are drawn. still: shortest way that is. All px of the input."""

    sigma: float
    width: float
    still: float


def drawing_of(options: TmlOptions, settings: TmlTrainSettings) -> Drawing:
    """What the settings say, else what fits the network's stride."""
    sigma, width, still = _BY_STRIDE[options.stride]
    return Drawing(
        sigma if settings.sigma is None else settings.sigma, width if settings.width is None else settings.width,
        still if settings.still is None else settings.still,
    )  # fmt: skip
