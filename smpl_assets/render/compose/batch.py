"""`composite.compose` for a whole batch in torch: on a GPU, so that only finished pictures travel to the host.

The same arithmetic on the same bytes; roundings may differ by a count.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from smpl_assets.render.compose.composite import ground_shadow
from smpl_assets.render.protocol import Picture
from smpl_assets.scene import SceneSpec
from smpl_assets.sensor import (
    LEAST_DEFOCUS_PX,
    LEAST_MOTION_PX,
    SRGB_TOE,
    STRONGEST_NOISE_AT,
    SensorSpec,
    exposure_matrix,
    grain,
    motion_kernel,
    noise_weight,
)


def compose_batch(
    scenes: Sequence[SceneSpec],
    subject: UInt8[Tensor, "batch height width 4"],
    others: UInt8[Tensor, "batch height width 4"] | None,
) -> list[Picture]:
    """Pictures of scenes of one size; `subject`, `others` as in RenderOutput, on the device that is to do it."""
    person = subject.float()
    behind = _surroundings(scenes, person, None if others is None else others.float())
    both = _blurred(torch.cat([behind, person], dim=3), [s.sensor for s in scenes])
    behind, person = both[..., :3], both[..., 3:]
    alpha = person[..., 3:]
    image = _rounded(behind * (1 - alpha / 255)) + person[..., :3]
    straight = torch.where(alpha > 0, _rounded(person[..., :3] * 255 / alpha.clamp(min=1)), 0.0)
    noisy = _noisy(image.clamp(max=255), [s.sensor for s in scenes])
    found = (noisy, torch.cat([straight, alpha], dim=3), behind)
    rows = (t.clamp(0, 255).to(torch.uint8).cpu().numpy() for t in found)
    return [Picture(*row) for row in zip(*rows, strict=True)]


def _rounded(values: Tensor) -> Tensor:
    return torch.floor(values + 0.5)


def _surroundings(scenes: Sequence[SceneSpec], person: Tensor, others: Tensor | None) -> Float[Tensor, "batch height width 3"]:
    """The exposed backgrounds with shadows, other people and occluders."""
    backgrounds = torch.from_numpy(np.stack([s.background for s in scenes])).to(person.device).float()
    matrices = torch.from_numpy(np.stack([exposure_matrix(s.sensor) for s in scenes])).to(person.device)
    behind = torch.einsum("bhwc,bdc->bhwd", backgrounds, matrices[:, :, :3]) + matrices[:, None, None, :, 3]
    behind = _rounded(behind).clamp(0, 255)
    left = torch.from_numpy(np.stack([_left(s) for s in scenes])).to(person.device).float()[..., None]
    behind = (_rounded(behind * left / 255) - _rounded((255 - left) * (float(SRGB_TOE) / 255))).clamp(min=0)
    if others is None:
        return behind
    cover = (others / (255 - person[..., 3:]).clamp(min=1)).clamp(max=1)
    return _rounded(behind * (1 - cover[..., 3:]) + 255 * cover[..., :3])


def _left(scene: SceneSpec) -> UInt8[np.ndarray, "height width"]:
    """What the ground shadow leaves of each pixel's value, 255: all."""
    whole = np.full(scene.background.shape[:2], 255, np.uint8)
    shadow = ground_shadow(scene)
    if shadow is not None:
        whole[shadow.rows, shadow.columns] = shadow.left
    return whole


def _blurred(images: Float[Tensor, "batch height width 7"], sensors: list[SensorSpec]) -> Float[Tensor, "batch height width 7"]:
    """Defocus along rows and columns with each scene's own kernel, then motion where there is any."""
    radius = max(_radius(s) for s in sensors)
    weights = torch.from_numpy(np.stack([_gaussian(s, radius) for s in sensors])).to(images.device)
    for axis in (1, 2):
        side = images.shape[axis]
        total = torch.zeros_like(images)
        for k in range(2 * radius + 1):
            at = (torch.arange(side, device=images.device) + k - radius).clamp(0, side - 1)
            total += weights[:, k, None, None, None] * images.index_select(axis, at)
        images = total
    images = _rounded(images)
    for i, sensor in enumerate(sensors):
        if sensor.motion_px >= LEAST_MOTION_PX:
            images[i] = _rounded(_moved(images[i], sensor))
    return images


def _radius(sensor: SensorSpec) -> int:
    """Of OpenCV's Gaussian for bytes."""
    return round(3 * sensor.defocus_px) if sensor.defocus_px > LEAST_DEFOCUS_PX else 0


def _gaussian(sensor: SensorSpec, radius: int) -> np.ndarray:
    """Weights (2 radius + 1,) of a scene's defocus."""
    weights, own = np.zeros(2 * radius + 1, np.float32), _radius(sensor)
    kernel = cv2.getGaussianKernel(2 * own + 1, sensor.defocus_px, cv2.CV_32F)[:, 0] if own else np.ones(1, np.float32)
    weights[radius - own : radius + own + 1] = kernel
    return weights


def _moved(image: Float[Tensor, "height width channels"], sensor: SensorSpec) -> Float[Tensor, "height width channels"]:
    kernel = torch.from_numpy(motion_kernel(sensor.motion_px, sensor.motion_rad)).to(image.device)
    reach = len(kernel) // 2
    planes = torch.nn.functional.pad(image.permute(2, 0, 1)[:, None], (reach,) * 4, mode="replicate")
    return torch.nn.functional.conv2d(planes, kernel[None, None])[:, 0].permute(1, 2, 0)


def _noisy(images: Float[Tensor, "batch height width 3"], sensors: list[SensorSpec]) -> Float[Tensor, "batch height width 3"]:
    height, width = images.shape[1:3]
    grains = torch.from_numpy(np.stack([grain(height, width, s.chroma, s.seed) for s in sensors])).to(images.device)
    slope, full = (
        torch.tensor(v, device=images.device)[:, None, None, None] for v in zip(*(noise_weight(s) for s in sensors), strict=True)
    )
    weight = _rounded((images - STRONGEST_NOISE_AT).abs() * slope + full).clamp(0, 255)
    return images + torch.floor((weight * grains + 128) / 256)
