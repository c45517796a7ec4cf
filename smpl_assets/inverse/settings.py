"""Settings of the `inverse` and `fit` stages. Imports nothing heavy."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from smpl_assets.poses.settings import PoolSettings
from smpl_assets.settings import Settings


class NoiseSettings(Settings):
    """How training keypoints are spoilt, so that the function meets at use what it met in training.

    jitter_px: standard deviation of every coordinate, px of a 256 px crop (drawn per person between 0 and this).
    outlier_share: of the joints, moved by up to a tenth of the crop. drop_share: of the joints, made unannotated.
    swap_share: of the people, one left/right pair swapped. truncate_share: of the people, cut by an image border.
    """

    jitter_px: float = Field(4.0, ge=0.0)
    outlier_share: float = Field(0.01, ge=0.0, le=1.0)
    drop_share: float = Field(0.04, ge=0.0, le=1.0)
    swap_share: float = Field(0.03, ge=0.0, le=1.0)
    truncate_share: float = Field(0.15, ge=0.0, le=1.0)


class InverseSettings(Settings):
    """Section `inverse`: how the function from 2D joints to body parameters is trained.

    weights: `shipped` copies the weights that come with RarePose where every other setting, body and seed are those of their
    card,
        and trains otherwise; `train` trains in any case.
    network: `mlp` on 13 x (x, y, annotated), or `resnet50` on 13 heatmaps of 256 x 256 (T 4.2.2).
    fov_deg: range of the field of view across the person crop, degrees. Views are the pool's (see `pool.sphere_share`).
    prior_components, prior_poses: Gaussians of the pose prior and poses that it is learnt from.
    """

    weights: Literal["shipped", "train"] = "shipped"
    network: Literal["mlp", "resnet50"] = "mlp"
    width: int = Field(640, ge=16)
    blocks: int = Field(3, ge=1)
    hypotheses: int = Field(5, ge=1, le=64)
    steps: int = Field(5000, ge=1)
    batch: int = Field(512, ge=2)
    learning_rate: float = Field(1.2e-3, gt=0.0)
    pool: PoolSettings = PoolSettings()
    pool_poses: int = Field(60000, ge=64)
    fov_deg: tuple[float, float] = (12.0, 45.0)
    noise: NoiseSettings = NoiseSettings()
    prior_components: int = Field(12, ge=1)
    prior_poses: int = Field(20000, ge=100)

    @model_validator(mode="after")
    def _fov_is_a_range(self) -> InverseSettings:
        low, high = self.fov_deg
        if not 0.0 < low <= high < 150.0:
            raise ValueError(f"fov_deg must be a range within (0, 150) degrees, lowest first, not {self.fov_deg}")
        return self


class RefineSettings(Settings):
    """Weights of the refinement, one standard deviation each (a larger one weakens its term; 0 switches the term off).

    keypoint_px: of an annotated joint, px of a 256 px crop. prior: of the pose prior (1 = as learnt). limit_rad: of a joint
    beyond its
    limit. shape: of a shape component. penetration_m: of capsules inside one another. focal: of the log focal length.
    """

    steps: int = Field(10, ge=0)
    keypoint_px: float = Field(1.0, gt=0.0)
    prior: float = Field(1.0, ge=0.0)
    limit_rad: float = Field(0.01, ge=0.0)
    shape: float = Field(0.7, ge=0.0)
    penetration_m: float = Field(0.004, ge=0.0)
    focal: float = Field(0.15, ge=0.0)


class GateSettings(Settings):
    """What a fit must keep to be accepted.

    minimum_joints: annotated joints needed to try. outside: how many times farther from the middle a joint may lie than three
    quarters of the others.
    error_crop: mean reprojection error over the crop side. limit_deg: the farthest any joint may exceed its limit.
    penetration_m: the deepest that two capsules may lie in one another. surprise: robust distance to the pose prior (its chi,
    divided by the square root of its dimensions).
    """

    minimum_joints: int = Field(6, ge=4)
    outside: float = Field(6.0, gt=0.0)
    error_crop: float = Field(0.02, gt=0.0)
    limit_deg: float = Field(3.0, ge=0.0)
    penetration_m: float = Field(0.02, ge=0.0)
    surprise: float = Field(2.5, gt=0.0)


class FitSettings(Settings):
    """Section `fit`: how rare annotations become bodies.

    hypotheses: refined per person. flips: also start with each limb of the likeliest one turned over in depth, and go on with the
        starts that are best and differ.
    fov_deg: field of view across the person crop that the fit starts from. shard_size: rare people per unit of the stage.
    """

    hypotheses: int = Field(5, ge=1, le=64)
    flips: bool = True
    fov_deg: float = Field(24.0, gt=0.0, lt=150.0)
    refine: RefineSettings = RefineSettings()
    gate: GateSettings = GateSettings()
    batch: int = Field(32, ge=1)
    shard_size: int = Field(256, ge=1)
