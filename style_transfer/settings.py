"""The `translator` section of the configuration. Imports nothing heavy."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, field_validator, model_validator

from smpl_assets.plugins import known_name
from smpl_assets.settings import Settings
from style_transfer.table import TRANSLATORS

_APPLIED = ("strength", "detail", "drift_px", "min_structure", "jpeg_quality")
_NOT_TRAINED = ("strength", "drift_px", "min_structure", "jpeg_quality", "checkpoint_every", "kid_weights")


class LossWeights(Settings):
    """What each loss of the generator counts.

    The first four are U-GAT-IT's (T 4.2.2; the paper's 1, 10, 10, 1000). The others are ours, 0 switches them off.
    structure: the translated person correlates with the rendered one in every small window, which keeps labels true.
    tone: the mean colour of a person stays; the statistics have matched it, and a discriminator of few people would move it to
        the colours of their clothes.
    colour: the colour of every pixel stays, less its brightness: hands and clothes don't take on the colour of what cut-out
        photographs show around theirs.
    """

    adversarial: float = Field(1.0, ge=0)
    cycle: float = Field(10.0, ge=0)
    identity: float = Field(10.0, ge=0)
    cam: float = Field(1000.0, ge=0)
    structure: float = Field(5.0, ge=0)
    tone: float = Field(100.0, ge=0)
    colour: float = Field(100.0, ge=0)


class TranslatorSettings(Settings):
    """How rendered people are made to look photographed.

    method: `ugatit` trains U-GAT-IT, `statistics` transfers colour, sharpness and noise without any training.
    image_size: side of the network's square input in px, a multiple of 4; translation is applied at the render's full resolution.
    light: gamma and beta of AdaLIN from pooled features; without it from all of them (268 M parameters at 256 px).
    residual: the generator predicts a change of its input inside the person; without it, the whole image as in the paper.
    start: `statistics` gives the renders the colour statistics of the photographs before the network sees them.
    detail: `match` gives the translated person the sharpness and noise of the photographs at full resolution, `keep` leaves
        the render's.
    strength: share of the change that is applied, 1 = all of it; another one translates again and trains nothing.
    """

    method: Annotated[str, AfterValidator(known_name(TRANSLATORS))] = "ugatit"
    image_size: int = Field(256, ge=32, le=1024)
    base_channels: int = Field(64, ge=4)
    residual_blocks: int = Field(4, ge=1)
    light: bool = True
    residual: bool = True
    start: Literal["identity", "statistics"] = "statistics"
    detail: Literal["match", "keep"] = "match"
    strength: float = Field(1.0, ge=0, le=1)

    iterations: int = Field(1_000_000, ge=0)
    batch: int = Field(1, ge=1)
    lr: float = Field(1e-4, gt=0)
    betas: tuple[float, float] = (0.5, 0.999)
    weight_decay: float = Field(1e-4, ge=0)
    decay_from: float = Field(0.5, ge=0, le=1, description="share of the iterations after which the rate falls linearly to 0")
    discriminator_steps: int = Field(1, ge=1)
    average: float = Field(
        0.0, ge=0, lt=1, description="decay of the running mean of the generator's weights; 0 = the last weights"
    )
    weights: LossWeights = LossWeights()
    checkpoint_every: int = Field(1000, ge=1)

    flip: bool = True
    resize: float = Field(
        286 / 256, ge=1, le=2, description="crops are stored this much larger than image_size and cut at random"
    )
    crop_margin: float = Field(1.15, ge=1, le=2, description="side of the square crop over the longer side of the person's box")
    mask: Literal["capsules", "grabcut"] = "grabcut"
    synthetic_mask: Literal["same", "alpha"] = "same"
    max_people: int = Field(2000, ge=2, description="people drawn from each domain")
    min_side: float = Field(64.0, ge=8, description="people of the photographs below this box side (px) are left out")
    min_joints: int = Field(8, ge=4)
    matching: Literal["pose", "crop", "none"] = "pose"
    neighbours: int = Field(5, ge=1, description="a rendered person meets one of this many most similar photographed people")

    drift_px: float = Field(3.0, gt=0, description="a sample whose keypoints moved further is dropped, px of a 256 px image")
    min_structure: float = Field(0.5, ge=-1, le=1, description="a sample that correlates less with its render is dropped")
    kid_features: Literal["random", "handcrafted", "resnet18", "resnet50"] = "random"
    kid_weights: str = Field("", description="file with torchvision weights, needed by resnet18 and resnet50")
    kid_samples: int = Field(200, ge=4)
    kid_subset: int = Field(50, ge=2)
    kid_subsets: int = Field(20, ge=1)
    jpeg_quality: int = Field(92, ge=30, le=100)

    def applied(self) -> dict[str, object]:
        """What translating a shard depends on besides the trained translator."""
        return self.model_dump(mode="json", include=set(_APPLIED))

    def trained(self) -> dict[str, object]:
        """What training (and judging) the translator depends on; a change of the other options does not make it stale."""
        return self.model_dump(mode="json", exclude=set(_NOT_TRAINED))

    @field_validator("betas")
    @classmethod
    def _betas_are_shares(cls, value: tuple[float, float]) -> tuple[float, float]:
        if not all(0 <= beta < 1 for beta in value):
            raise ValueError(f"betas must be two numbers of at least 0 and below 1, not {value}")
        return value

    @model_validator(mode="after")
    def _consistent(self) -> TranslatorSettings:
        if self.image_size % 4:
            raise ValueError(f"image_size must be a multiple of 4 (two down-samplings), got {self.image_size}")
        if self.kid_features.startswith("resnet") and not self.kid_weights:
            raise ValueError(f"kid_features = '{self.kid_features}' needs kid_weights, a file with torchvision's weights of it")
        return self
