"""How training varies what it shows."""

from __future__ import annotations

from pydantic import Field

from smpl_assets.settings import Settings


class AugmentationSettings(Settings):
    """Augmentation of the crops; keys of `train`.

    rotation_deg, scale_range, flip, shift: ranges of T 4.3; shift is a share of the crop's side; nothing is flipped where no
        keypoints are left and right. Rotation is drawn with probability `rotation_probability`.
    rotation_rare_deg: the range for rare real people; rotation_synthetic_deg: for synthetic ones; none = `rotation_deg`.
    colour: largest relative change of brightness, contrast and channel gains.
    blur: probability of a Gaussian blur of .4 to 1.6 px. noise: probability of Gaussian noise of 2 to 12 of 255.
    cutout: probability of a one-coloured rectangle of .1 to .4 of the crop's sides over a joint; what it hides is still learnt.
    half_body: probability of a crop about the upper or the lower half of a person of whom more than half of the joints are
        annotated; off for skeletons that do not name at least three joints of each half as ours do.
    """

    rotation_deg: float = Field(40.0, ge=0, le=180)
    rotation_rare_deg: float | None = Field(None, ge=0, le=180)
    rotation_synthetic_deg: float | None = Field(None, ge=0, le=180)
    rotation_probability: float = Field(0.6, ge=0, le=1)
    scale_range: float = Field(0.3, ge=0, lt=1)
    shift: float = Field(0.0, ge=0, lt=0.5)
    flip: bool = True
    colour: float = Field(0.0, ge=0, lt=1)
    blur: float = Field(0.0, ge=0, le=1)
    noise: float = Field(0.0, ge=0, le=1)
    cutout: float = Field(0.0, ge=0, le=1)
    half_body: float = Field(0.0, ge=0, le=1)
