"""How start weights are made."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from smpl_assets.settings import Settings

# Images of a shard; poses are drawn shard by shard, so it is part of what the set is.
SHARD = 1000
# Settings of a network that its start weights depend on, beside its ImageNet file; the rest of its training is `start`'s own.
OF_NETWORK = ("network", "options", "codec", "input_size", "sigma", "padding", "precision")

LR, PRETRAINED_LR = 2e-3, 5e-4


class StartSettings(Settings):
    """The `start` section: renders of the pose pool (`inverse.pool`) in the surroundings that `render` names, and the training on
    them; made where `train.start` is `render`.

    images: number of them. image_size: px, of the square images.
    people: per image; all of them are learnt from. occluder_share: of the images that have an object before the person.
    truncated_share: of the images whose frame cuts the person. images_per_look: as in `render`.
    epochs, batch_size, lr, weight_decay, warmup: of the training; lr falls as a cosine; none = 2e-3, and 5e-4 for a network that
        begins with an ImageNet file, whose features a higher rate unlearns (docs/start.md).
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
    lr: float | None = Field(None, gt=0)
    weight_decay: float = Field(1e-4, ge=0)
    warmup: float = Field(0.03, ge=0, lt=1)
    rotation_deg: float = Field(40.0, ge=0, le=180)
    scale_range: float = Field(0.3, ge=0, lt=1)
    colour: float = Field(0.25, ge=0, lt=1)

    def of(self, weights: Path | None) -> StartSettings:
        """With the rate of a network that begins with these ImageNet weights, or with none."""
        return self if self.lr is not None else self.model_copy(update={"lr": PRETRAINED_LR if weights else LR})
