"""How the tracker's network is trained."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from smpl_assets.settings import Settings

SCRATCH, SHIPPED = "scratch", "shipped"


class TmlTrainSettings(Settings):
    """The `track.train` section. The thesis's training is optimiser = "sgd", lr = 5e-5, weight_decay = 5e-3, loss = "sum".

    steps, batch_size: pairs of frames per optimisation step.
    input_size: height and width of a crop, px, multiples of the network's stride.
    strides: range of the frames between the two of a pair, drawn evenly. reversed: pairs whose time runs backwards.
    optimiser: `adam`, or `sgd` with momentum .9. lr falls as a cosine after `warmup` steps, or is `constant`.
    loss: `mean` over the cells with `weights_of` heatmaps, affinity fields and flow; or `sum`: half of the sum per pair (Caffe).
    temporal_last: share of the steps, at the end, in which only the temporal part learns: such steps are faster.
    rotation_deg, flip, colour, noise: of both frames alike, noise of each its own. scale: range of the zoom on the frames.
    person_share: height of the person in the crop's middle as a share of the crop's, before the zoom (OpenPose's .6); none = the
        frames' own scale.
    sigma: of heatmaps, width: of limbs and ways, still: shortest way that is drawn, px; none = by the stride: 5, 4, 1 at 4,
        7, 8, 2 at 8.
    start: `scratch`, `shipped` (weights that come with RarePose, of tml_tiny, from rendered people only), or a trained
        network.safetensors. weights, without it: OpenPose's or VGG-19's of tml_vgg19; of tml_tiny and tml_small a trained
        simple_tiny or simple_small, none = those that ship, `scratch` = from chance.
    precision: as `train.precision`. workers: loader processes; threads: of torch (no influence on the result of one device).
    """

    steps: int = Field(3000, ge=1)
    batch_size: int = Field(8, ge=1)
    input_size: tuple[int, int] = (112, 144)
    strides: tuple[int, int] = (1, 5)
    reversed: float = Field(0.5, ge=0, le=1)
    optimiser: Literal["adam", "sgd"] = "adam"
    lr: float = Field(2e-3, gt=0)
    weight_decay: float = Field(0.0, ge=0)
    schedule: Literal["cosine", "constant"] = "cosine"
    warmup: int = Field(50, ge=0)
    loss: Literal["mean", "sum"] = "mean"
    weights_of: tuple[float, float, float] = (100.0, 100.0, 200.0)
    temporal_last: float = Field(0.33, ge=0, le=1)
    rotation_deg: float = Field(40.0, ge=0, le=180)
    scale: tuple[float, float] = (0.6, 1.2)
    person_share: float | None = Field(None, gt=0, le=2)
    flip: bool = True
    colour: float = Field(0.25, ge=0, lt=1)
    noise: float = Field(0.3, ge=0, le=1)
    sigma: float | None = Field(None, gt=0)
    width: float | None = Field(None, gt=0)
    still: float | None = Field(None, ge=0)
    start: str = SCRATCH
    weights: str | None = None
    precision: Literal["auto", "32-true", "bf16-mixed"] = "auto"
    workers: int = Field(0, ge=0)
    threads: int | None = Field(None, ge=1)

    @field_validator("strides")
    @classmethod
    def _frames_apart(cls, value: tuple[int, int]) -> tuple[int, int]:
        if not 1 <= value[0] <= value[1]:
            raise ValueError(f"a range from 1, got {list(value)}")
        return value

    @field_validator("scale")
    @classmethod
    def _zoom(cls, value: tuple[float, float]) -> tuple[float, float]:
        if not 0 < value[0] <= value[1]:
            raise ValueError(f"a range above 0, got {list(value)}")
        return value

    @field_validator("input_size")
    @classmethod
    def _whole_cells(cls, value: tuple[int, int]) -> tuple[int, int]:
        if any(side < 32 or side % 8 for side in value):
            raise ValueError(f"multiples of 8 from 32, got {list(value)}")
        return value
