"""What the shading of every renderer has in common: mip maps, the key light's grid, where ambient occlusion looks."""

from __future__ import annotations

import cv2
import numpy as np
from jaxtyping import Float, Float32, UInt32

from smpl_assets.scene import Lighting, SceneSpec

MIP_LEVELS = 4
SHADOW_CELLS = 64
TAPS = 10
EXTENT_STRIDE = 4


def mip_levels(texture: np.ndarray) -> list[UInt32[np.ndarray, "height width"]]:
    """A texture as RGBA words, and its halvings."""
    code = cv2.COLOR_RGB2RGBA
    image = np.ascontiguousarray(texture) if texture.shape[2] == 4 else cv2.cvtColor(texture, code)
    levels = [image]
    while len(levels) < MIP_LEVELS and min(levels[-1].shape[:2]) >= 16:
        height, width = levels[-1].shape[0] // 2, levels[-1].shape[1] // 2
        levels.append(cv2.resize(levels[-1], (width, height), interpolation=cv2.INTER_AREA))
    return [np.ascontiguousarray(level).view(np.uint32)[..., 0] for level in levels]


def occlusion_taps() -> Float32[np.ndarray, "taps 2"]:
    """Where ambient occlusion looks, in units of its radius: places on a sunflower spiral, the same for every pixel."""
    number = np.arange(TAPS)
    angle, far = 2.3999632 * number, np.sqrt((number + 0.7) / TAPS)
    return np.stack([np.cos(angle) * far, np.sin(angle) * far], axis=1).astype(np.float32)


def key_frame(lighting: Lighting) -> tuple[np.ndarray, np.ndarray]:
    """Two unit vectors across the key light's direction."""
    direction = lighting.key_direction
    helper = np.array([1.0, 0.0, 0.0]) if abs(direction[0]) < 0.8 else np.array([0.0, 1.0, 0.0])
    right = np.cross(helper, direction)
    right /= np.linalg.norm(right)
    return right, np.cross(direction, right)


def scene_extent(scene: SceneSpec) -> tuple[Float[np.ndarray, "3"], float]:
    """Centre (metres) and side of the cube that the subject's shadow map covers."""
    vertices = scene.people[scene.subject].layers[0].vertices
    body = np.ascontiguousarray(vertices[::EXTENT_STRIDE].T)  # numpy is slow along the first of two axes
    low, high = body.min(axis=1), body.max(axis=1)
    return 0.5 * (low + high), float(np.linalg.norm(high - low)) + 0.14
