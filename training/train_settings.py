"""How pose networks are trained."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator

from smpl_assets.errors import InputError
from smpl_assets.settings import Settings
from training.variants import DACP, canonical

STRIDE = 4


class TrainSettings(Settings):
    """The `train` section. Defaults are Simple Baselines' for COCO (T 4.3: 256 x 192, ResNet-50).

    network: simple_resnet18 | 34 | 50 | 101 | 152, or simple_tiny, simple_small for CPUs.
    variants: what to train; `dacp` needs no training and is listed under `evaluate` only.
    input_size: (height, width) of the person crop, px, multiples of 32.
    sigma: of the Gaussian targets, in heatmap px (a heatmap px is 4 input px).
    supervise: joints that have a target: all `annotated` ones (Simple Baselines' code), or only the `visible` (v = 2) ones.
    epochs: passes over the real people; with budget `steps` every variant takes as many optimisation steps as the baseline
        does in that many epochs, with `epochs` larger sets take more steps.
    batch_size: over all devices together.
    schedule: `step` (lr / 10 at each of `milestones`, shares of the training), `cosine` (to zero), `constant`.
    warmup: share of the training during which lr rises linearly from a tenth.
    rotation_deg, scale_range, flip, shift: augmentation, ranges of T 4.3; shift is a share of the crop's side.
        Rotation is drawn with probability `rotation_probability`.
    colour: largest relative change of brightness, contrast and channel gains.
    crop: the person region, `box`, MPII's `center` and scale, or `auto` (center for MPII's skeleton).
    padding: the region is enlarged by this factor.
    synthetic_weight: factor on the loss of synthetic people on top of w(d); 0 shows them without learning from them.
    weights: an ImageNet state dict of the backbone (torchvision's .pth or .safetensors); none = from scratch.
    precision, devices: Lightning's; several devices train data-parallel.
    workers: loader processes (no influence on the result).
    threads: of torch on a CPU; none = the process's own number.
    max_image_megapixels: larger images are skipped and counted.
    """

    network: str = "simple_resnet50"
    variants: tuple[str, ...] = ("baseline", "drp", "asrp", "asrpt", "wlcd", "drp+asrpt+wlcd")
    input_size: tuple[int, int] = (256, 192)
    sigma: float = Field(2.0, gt=0)
    supervise: Literal["annotated", "visible"] = "annotated"
    epochs: int = Field(140, ge=1)
    budget: Literal["steps", "epochs"] = "steps"
    batch_size: int = Field(32, ge=1)
    lr: float = Field(1e-3, gt=0)
    weight_decay: float = Field(0.0, ge=0)
    schedule: Literal["step", "cosine", "constant"] = "step"
    milestones: tuple[float, ...] = (0.643, 0.857)
    warmup: float = Field(0.0, ge=0, lt=1)
    rotation_deg: float = Field(40.0, ge=0, le=180)
    rotation_probability: float = Field(0.6, ge=0, le=1)
    scale_range: float = Field(0.3, ge=0, lt=1)
    shift: float = Field(0.0, ge=0, lt=0.5)
    flip: bool = True
    colour: float = Field(0.0, ge=0, lt=1)
    crop: Literal["auto", "box", "center"] = "auto"
    padding: float = Field(1.25, ge=1)
    synthetic_weight: float = Field(1.0, ge=0)
    weights: Path | None = None
    precision: Literal["32-true", "16-mixed", "bf16-mixed"] = "32-true"
    devices: int = Field(1, ge=1)
    workers: int = Field(0, ge=0)
    threads: int | None = Field(None, ge=1)
    max_image_megapixels: float = Field(50.0, gt=0)

    @field_validator("input_size")
    @classmethod
    def _multiple_of_32(cls, value: tuple[int, int]) -> tuple[int, int]:
        if any(v < 32 or v % 32 for v in value):
            raise ValueError(f"height and width must be multiples of 32, got {value}")
        return value

    @field_validator("milestones")
    @classmethod
    def _shares(cls, value: tuple[float, ...]) -> tuple[float, ...]:
        if list(value) != sorted(value) or any(not 0 < v < 1 for v in value):
            raise ValueError(f"milestones are rising shares of the training between 0 and 1, got {value}")
        return value

    @field_validator("variants")
    @classmethod
    def _trainable(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        try:
            names = canonical(value)
        except InputError as error:
            raise ValueError(str(error)) from error
        if not names or DACP in names:
            raise ValueError(
                "dacp combines trained networks, list it under evaluate.variants" if names else "no variant to train"
            )
        return names
