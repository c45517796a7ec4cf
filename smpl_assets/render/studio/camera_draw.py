"""The camera of a sample: where the person comes to lie in its image, and its sensor, after settings and target photographs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
import torch
from jaxtyping import Float, UInt8
from scipy.spatial.transform import Rotation

from smpl_assets.body.pose import BodyParameters
from smpl_assets.inverse.crop import CROP_PX
from smpl_assets.inverse.pairs import frame_people
from smpl_assets.photographs import Photograph
from smpl_assets.render.settings import RenderSettings
from smpl_assets.render.studio.people import turned
from smpl_assets.scene import Camera
from smpl_assets.sensor import PhotoStatistics, SensorSpec, photo_statistics

_LEAST_QUALITY = 30  # that is taken over from a photograph
_PITCH_ROLL_DEG = np.array([12.0, 5.0])


@dataclass(frozen=True)
class Placement:
    """One body before one camera; mirrored: left and right are not those of the source."""

    parameters: BodyParameters
    camera: Camera
    mirrored: bool = False


def crop_camera(intrinsics: Float[np.ndarray, "4"], crop_xywh: Float[np.ndarray, "4"], size: int) -> Camera:
    """The source camera cut to a person crop that is scaled to `size` px; the pose keeps its place in the crop."""
    scale = np.array([size / crop_xywh[2], size / crop_xywh[3]])
    focal, centre = intrinsics[:2] * scale, (intrinsics[2:] - crop_xywh[:2]) * scale
    return Camera(size, size, np.concatenate([focal, centre]))


def place(
    parameters: BodyParameters, camera: Camera, settings: RenderSettings, rng: np.random.Generator, exact: bool, far: bool = False
) -> Placement:
    """The fit as it is if `exact`; else another view, body shape and framing about it.

    A `far` view is from anywhere around, and is framed by `fill_frame` when the posture is known.
    """
    if exact:
        return Placement(parameters, camera)
    turned_over = rng.random() < settings.mirror_share
    if turned_over:
        parameters, camera = mirrored(parameters, camera)
    angles = np.deg2rad(settings.camera_jitter_deg) * np.array([0.4, 1.0, 0.3]) * rng.standard_normal(3)
    shape = parameters.shape + settings.shape_jitter * rng.standard_normal(len(parameters.shape))
    view = around(rng) if far else Rotation.from_euler("xyz", angles)
    moved = turned(replace(parameters, shape=shape), view)
    return Placement(moved, camera if far else _framed(camera, settings, rng), turned_over)


def _framed(camera: Camera, settings: RenderSettings, rng: np.random.Generator) -> Camera:
    zoom = np.exp(settings.framing_jitter * rng.uniform(-1, 1))
    return reframed(camera, zoom, settings.framing_jitter * rng.uniform(-1, 1, 2) * camera.width)


def around(rng: np.random.Generator) -> Rotation:
    """A view from any heading about the image's vertical, from moderately above or below, the camera almost level."""
    pitch, roll = np.clip(rng.standard_normal(2), -2, 2) * _PITCH_ROLL_DEG
    return Rotation.from_euler("yxz", [rng.uniform(-180, 180), pitch, roll], degrees=True)


def fill_frame(
    placed: Placement, joints: Float[np.ndarray, "24 3"], settings: RenderSettings, rng: np.random.Generator
) -> Placement:
    """The body (its joints: m, camera frame) moved before such a camera so that it fills the image, give or take."""
    camera, pelvis = placed.camera, placed.parameters.transl
    spots = torch.from_numpy(joints - pelvis).float()[None]
    focal = torch.tensor([camera.intrinsics[0] * CROP_PX / camera.width], dtype=torch.float32)
    transl, focal, _ = frame_people(spots, torch.ones(1, len(joints), dtype=torch.bool), focal)
    px = float(focal) / CROP_PX * camera.width
    aimed = Camera(camera.width, camera.height, np.array([px, px, camera.width / 2, camera.height / 2]))
    body = replace(placed.parameters, transl=transl[0].double().numpy())
    return replace(placed, parameters=body, camera=_framed(aimed, settings, rng))


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


MEASURED_PHOTOS = 48


def monochrome(image: UInt8[np.ndarray, "h w 3"]) -> bool:
    """Whether a photograph is black and white."""
    red, green, blue = cv2.split(np.ascontiguousarray(image[::4, ::4]))
    spread = cv2.subtract(cv2.max(cv2.max(red, green), blue), cv2.min(cv2.min(red, green), blue))
    return bool(np.count_nonzero(spread >= 8) <= 0.02 * spread.size)


class SensorDraw:
    """Draws a SensorSpec per sample; with `match`, noise and JPEG quality follow the target photographs where there are any."""

    def __init__(self, settings: RenderSettings, photos: Sequence[Photograph]) -> None:
        self.settings = settings
        ordered = sorted(photos, key=lambda photo: photo.path) if settings.sensor.match else []
        found = photo_statistics(ordered[:: max(1, len(photos) // MEASURED_PHOTOS)][:MEASURED_PHOTOS])
        self.photos: PhotoStatistics | None = found if len(found) else None
        self.skipped = found.skipped

    def draw(self, rng: np.random.Generator, background: UInt8[np.ndarray, "h w 3"], captured: bool, seed: int) -> SensorSpec:
        """One camera.

        `captured` backgrounds went through one already, so white balance and exposure only drift a little; they may be black and
        white, where painted snow is merely grey.
        """
        s = self.settings.sensor
        calm = 0.4 if captured else 1.0
        red, blue = 1 + s.white_balance * calm * rng.uniform(-1, 1, 2)
        noise = rng.uniform(*s.noise)
        quality = int(rng.integers(self.settings.jpeg_quality[0], self.settings.jpeg_quality[1] + 1))
        if self.photos is not None:
            row = int(rng.integers(len(self.photos)))
            noise = float(self.photos.noise[row])
            quality = max(int(self.photos.jpeg_quality[row]), _LEAST_QUALITY) if self.photos.jpeg_quality[row] else quality
        moving = rng.random() < s.motion_share
        return SensorSpec(
            exposure=float(2 ** (s.exposure_stops * calm * rng.uniform(-1, 1))), white_balance=(float(red), 1.0, float(blue)),
            defocus_px=float(s.defocus_px * rng.random()), motion_px=float(s.motion_px * rng.random()) if moving else 0.0,
            motion_rad=float(rng.uniform(0, np.pi)), noise=float(noise),
            saturation=0.0 if captured and monochrome(background) else 1.0, jpeg_quality=quality,
            seed=seed,
        )  # fmt: skip
