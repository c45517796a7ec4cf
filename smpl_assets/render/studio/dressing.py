"""What people wear: a look per sample from the wardrobe, or a UV image from a folder."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol, cast, runtime_checkable

import numpy as np
from jaxtyping import Float

from smpl_assets.body.anny_shape import is_female
from smpl_assets.body.protocol import BodyModel, load_body
from smpl_assets.body.settings import BodySettings
from smpl_assets.errors import InputError
from smpl_assets.render.settings import RenderSettings
from smpl_assets.seeds import derive_seed
from smpl_assets.textures.folder import FolderDresser
from smpl_assets.textures.look import Look, kept_look, make_look

SHARED_LOOKS = 16


@runtime_checkable
class Dresser(Protocol):
    """Dresses posed bodies. `skipped` counts textures that could not be used, by reason."""

    skipped: dict[str, int]

    def look(self, serial: int, shape: Float[np.ndarray, " shape"], seed: int) -> Look:
        """The look of the run's sample number `serial`, for a body of this shape; `seed` is the sample's."""
        ...


class WardrobeDresser:
    """Looks made from seeds.

    With `images_per_look` = k > 1, blocks of 16 k consecutive samples share 16 looks (8 for each sex), so that a look's cost is
    spread over about k images and shards still change nothing.
    """

    def __init__(self, seed: int, images_per_look: int) -> None:
        self.seed, self.images_per_look = seed, images_per_look
        self.skipped: dict[str, int] = {}

    def look(self, serial: int, shape: Float[np.ndarray, " shape"], seed: int) -> Look:
        """A look that fits the body's sex."""
        female = int(is_female(shape))
        if self.images_per_look == 1:
            return make_look(derive_seed(seed, "look"), float(female))
        block = serial // (SHARED_LOOKS * self.images_per_look)
        number = derive_seed(self.seed, "look", block, derive_seed(seed, "choice") % (SHARED_LOOKS // 2), female)
        return kept_look(number, float(female))


def open_wardrobe(settings: RenderSettings, body: BodySettings, device: str, seed: int) -> tuple[BodyModel, Dresser]:
    """The body model and what it wears; InputError where they do not fit (the wardrobe is cut for Anny)."""
    if settings.textures != "wardrobe":
        model = load_body(body, device)
        return model, FolderDresser(Path(settings.textures).expanduser(), model)
    if body.name != "anny":
        raise InputError(
            f"render.textures = 'wardrobe' dresses the body 'anny', not '{body.name}'",
            "render.textures = a folder of UV images in that body's layout (SMPL: SURREAL's)",
        )
    from smpl_assets.body.anny_body import AnnyBody

    return cast(BodyModel, AnnyBody(device=device, helpers=True, keypoints=body.keypoints)), WardrobeDresser(
        seed, settings.images_per_look
    )
