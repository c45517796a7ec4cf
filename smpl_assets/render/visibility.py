"""The same for every renderer: mip maps, the key light's grid, ambient occlusion's taps; what labels need of depth and owners."""

from __future__ import annotations

import cv2
import numpy as np
from jaxtyping import Bool, Float, Float32, Int16, UInt8, UInt32

from smpl_assets.render.protocol import RenderOutput
from smpl_assets.scene import Camera, Lighting, Person, SceneSpec

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


NEAR_M = 0.05


def project_points(points: Float[np.ndarray, "points 3"], camera: Camera) -> Float[np.ndarray, "points 2"]:
    """Camera-frame points (metres) to continuous px; NaN where nearer than the near plane."""
    depth = np.where(points[:, 2:] > NEAR_M, points[:, 2:], np.nan)
    return camera.intrinsics[:2] * points[:, :2] / depth + camera.intrinsics[2:]


def in_frame(points: Float[np.ndarray, "points 2"], camera: Camera) -> Bool[np.ndarray, " points"]:
    """Whether continuous px lie in the image (NaN: no)."""
    x, y = points[:, 0], points[:, 1]
    return (x >= 0) & (x < camera.width) & (y >= 0) & (y < camera.height)


def keypoints_seen(
    person: Person,
    points: Float[np.ndarray, "keypoints 2"],
    inside: Bool[np.ndarray, " keypoints"],
    depth: Float32[np.ndarray, "height width"],
) -> Bool[np.ndarray, " keypoints"]:
    """A keypoint is seen if, at its pixel, nothing lies nearer than it by more than its reach below the surface.

    The farthest of the 3 x 3 pixels about it that anything covers counts, so that a keypoint at the rim of a limb is not lost.
    """
    height, width = depth.shape
    seen = np.zeros(len(points), bool)
    rows = np.flatnonzero(inside)
    column, row = points[rows].astype(np.int64).T
    near = np.arange(-1, 2)
    y, x = np.clip(row[:, None] + near, 0, height - 1), np.clip(column[:, None] + near, 0, width - 1)
    patch = depth[y[:, :, None], x[:, None, :]].reshape(len(rows), 9)
    reached = person.keypoints[rows, 2] - person.keypoint_reach[rows]
    seen[rows] = (patch.min(axis=1) == 0) | (patch.max(axis=1) >= reached)
    return seen


def visible_box(owner: Int16[np.ndarray, "height width"], person: int) -> Float[np.ndarray, "4"]:
    """Box (xywh, px) of a person's visible pixels, zero if there are none."""
    mine = owner == person
    rows, columns = np.flatnonzero(mine.any(axis=1)), np.flatnonzero(mine.any(axis=0))
    if len(rows) == 0:
        return np.zeros(4)
    return np.array([columns[0], rows[0], columns[-1] + 1 - columns[0], rows[-1] + 1 - rows[0]], np.float64)


def amodal_bounds(person: Person, camera: Camera) -> Float[np.ndarray, "4"]:
    """Low x, low y, high x, high y (px) of all of a person's vertices before the camera; low above high if there are none."""
    low, high = np.full(2, np.inf), np.full(2, -np.inf)
    focal, centre = camera.intrinsics[:2].astype(np.float32), camera.intrinsics[2:].astype(np.float32)
    for layer in person.layers:
        x, y, depth = np.ascontiguousarray(layer.lifted().T)  # numpy is slow along the first of two axes
        before = depth > NEAR_M
        if before.any():
            x, y, depth = x[before], y[before], depth[before]
            u, v = x / depth * focal[0] + centre[0], y / depth * focal[1] + centre[1]
            low, high = np.minimum(low, [u.min(), v.min()]), np.maximum(high, [u.max(), v.max()])
    return np.concatenate([low, high])


def finish_output(
    scene: SceneSpec,
    subject: UInt8[np.ndarray, "h w 4"],
    others: UInt8[np.ndarray, "h w 4"],
    depth: Float32[np.ndarray, "h w"],
    owner: Int16[np.ndarray, "h w"],
    bounds: Float[np.ndarray, "people 4"],
) -> RenderOutput:
    """Add what labels need to the images; `bounds` as amodal_bounds."""
    points = [project_points(p.keypoints, scene.camera) for p in scene.people]
    inside = [in_frame(p, scene.camera) for p in points]
    seen = [keypoints_seen(*args, depth) for args in zip(scene.people, points, inside, strict=True)]
    boxes = np.stack([visible_box(owner, i) for i in range(len(scene.people))])
    low, high = bounds[:, :2].astype(np.float64), bounds[:, 2:].astype(np.float64)
    amodal = np.where((low <= high).all(axis=1, keepdims=True), np.concatenate([low, high - low], axis=1), 0.0)
    return RenderOutput(subject, others, owner, depth, np.stack(points), np.stack(inside), np.stack(seen), boxes, amodal)
