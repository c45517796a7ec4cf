"""How start weights are made."""

from __future__ import annotations

from pydantic import Field

from smpl_assets.settings import Settings


class StartSettings(Settings):
    """The `start` section: renders of the pose pool (`inverse.pool`) in the surroundings that `render` names, and the training on
    them; made where `train.start` is `render`.

    images: number of them. image_size: px, of the square images.
    people: per image; all of them are learnt from. occluder_share: of the images that have an object before the person.
    truncated_share: of the images whose frame cuts the person. images_per_look: as in `render`.
    epochs, batch_size, lr, weight_decay, warmup: of the training; lr falls as a cosine.
    rotation_deg, scale_range, colour: of its augmentation. Everything else (system, input size, codec, ImageNet file) is the
        network's, as under `train`.
    """

    images: int = Field(20000, ge=64, le=5_000_000)
    image_size: int = Field(144, ge=32, le=1024)
    people: int = Field(2, ge=1, le=8)
    occluder_share: float = Field(0.25, ge=0, le=1)
    truncated_share: float = Field(0.2, ge=0, le=1)
    images_per_look: int = Field(8, ge=1)
    epochs: int = Field(12, ge=1)
    batch_size: int = Field(32, ge=1)
    lr: float = Field(2e-3, gt=0)
    weight_decay: float = Field(1e-4, ge=0)
    warmup: float = Field(0.03, ge=0, lt=1)
    rotation_deg: float = Field(40.0, ge=0, le=180)
    scale_range: float = Field(0.3, ge=0, lt=1)
    colour: float = Field(0.25, ge=0, lt=1)
