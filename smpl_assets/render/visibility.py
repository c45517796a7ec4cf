"""From depth and owners to what labels need: keypoints seen, boxes; the same for every backend."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float, Float32, Int16, UInt8

from smpl_assets.render.protocol import RenderOutput
from smpl_assets.scene import Camera, Person, SceneSpec

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
