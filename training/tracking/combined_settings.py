"""The combined top-down estimator and tracker's settings."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from smpl_assets.settings import Settings
from training.tracking.online_settings import Life, Matching
from training.tracking.score_settings import ScoreSettings


class CombinedOptions(Settings):
    """The `track.combined` section: the top-down tracker of T 6, trained where a row's tracker is `combined`.

    system: `combined_resnet50` (the thesis's, 43 million weights) or `combined_tiny`, for CPUs.
    input_size: height and width of a crop, px, multiples of 32. padding: of the region about both boxes.
    steps, batch_size, lr: Adam's; lr falls tenfold at the shares `milestones`.
    strides: range of the frames between the two of a pair. negatives: pairs that are about two different people.
    variant: of `train.variants`, whose people D_S learns from beside the films, as many of them a step as pairs; empty = from the
        films alone.
    sigma: of heatmaps, width: of ways, still: shortest way that is drawn; px of the crop.
    """

    system: Literal["combined_resnet50", "combined_tiny"] = "combined_tiny"
    input_size: tuple[int, int] = (128, 96)
    padding: float = Field(1.25, ge=1)
    steps: int = Field(1000, ge=1)
    batch_size: int = Field(16, ge=1)
    lr: float = Field(1e-3, gt=0)
    milestones: tuple[float, ...] = (0.65, 0.9)
    strides: tuple[int, int] = (1, 5)
    negatives: float = Field(0.5, ge=0, le=1)
    variant: str = ""
    sigma: float = Field(6.0, gt=0)
    width: float = Field(4.0, gt=0)
    still: float = Field(1.0, ge=0)

    @field_validator("input_size")
    @classmethod
    def _whole_cells(cls, value: tuple[int, int]) -> tuple[int, int]:
        if any(side < 32 or side % 32 for side in value):
            raise ValueError(f"multiples of 32, got {list(value)}")
        return value


class CombinedTracking(ScoreSettings, Life):
    """Options of `combined`. gate: candidates are closer than so many heights; the best score of all goes first (greedy).

    motion: flow counts for tracks whose movement is not known yet, distance from where it leads for the others.
    """

    gate: float = Field(1.0, gt=0)
    memory: int = Field(0, ge=0)
    matching: Matching = "greedy"
