"""Where the person comes to lie in the image: as in the source crop, with jitter for repetitions."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float
from scipy.spatial.transform import Rotation

from smpl_assets.body.pose import BodyParameters
from smpl_assets.render.settings import RenderSettings
from smpl_assets.render.studio.people import turned
from smpl_assets.scene import Camera


@dataclass(frozen=True)
class Placement:
    """One body before one camera."""

    parameters: BodyParameters
    camera: Camera


def crop_camera(intrinsics: Float[np.ndarray, "4"], crop_xywh: Float[np.ndarray, "4"], size: int) -> Camera:
    """The source camera cut to a person crop that is scaled to `size` px; the pose keeps its place in the crop."""
    scale = np.array([size / crop_xywh[2], size / crop_xywh[3]])
    focal, centre = intrinsics[:2] * scale, (intrinsics[2:] - crop_xywh[:2]) * scale
    return Camera(size, size, np.concatenate([focal, centre]))


def place(
    parameters: BodyParameters, camera: Camera, settings: RenderSettings, rng: np.random.Generator, exact: bool
) -> Placement:
    """The fit as it is if `exact`; else another view, body shape and framing about it."""
    if exact:
        return Placement(parameters, camera)
    if rng.random() < settings.mirror_share:
        parameters, camera = mirrored(parameters, camera)
    angles = np.deg2rad(settings.camera_jitter_deg) * np.array([0.4, 1.0, 0.3]) * rng.standard_normal(3)
    shape = parameters.shape + settings.shape_jitter * rng.standard_normal(len(parameters.shape))
    moved = turned(replace(parameters, shape=shape), Rotation.from_euler("xyz", angles))
    zoom = np.exp(settings.framing_jitter * rng.uniform(-1, 1))
    shift = settings.framing_jitter * rng.uniform(-1, 1, 2) * camera.width
    return Placement(moved, reframed(camera, zoom, shift))


def mirrored(parameters: BodyParameters, camera: Camera) -> tuple[BodyParameters, Camera]:
    """The mirrored person before the mirrored camera: the image is flipped, left and right are swapped."""
    # Rounded as a label is: mirroring once went by way of one, and rendered bytes keep the digits.
    body = parameters.rounded().mirrored()
    centre = np.array([camera.width - camera.intrinsics[2], camera.intrinsics[3]])
    return body, Camera(camera.width, camera.height, np.concatenate([camera.intrinsics[:2], centre]))


def reframed(camera: Camera, zoom: float, shift_px: Float[np.ndarray, "2"]) -> Camera:
    """Zoom about the image centre, then shift, as a different crop of the same photograph would."""
    middle = np.array([camera.width, camera.height]) / 2
    centre = middle + zoom * (camera.intrinsics[2:] - middle) + shift_px
    return Camera(camera.width, camera.height, np.concatenate([camera.intrinsics[:2] * zoom, centre]))
