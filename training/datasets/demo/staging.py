"""Puts posed people before a camera: how large and where in the frame, who stands behind whom, what stands before them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from jaxtyping import Float

from smpl_assets.camera import MIN_DEPTH_M
from smpl_assets.render.studio.people import PosedBody
from smpl_assets.scene import Camera
from training.datasets.demo.plan import PicturePlan, PictureShape

_FIELD_OF_VIEW_DEG = (32.0, 62.0)
_NEAREST_M = 0.6
_LEAST_IN_FRAME = 6
_TRIES = 12


def draw_camera(shape: PictureShape, rng: np.random.Generator) -> Camera:
    """A camera whose longer side sees 32 to 62 degrees."""
    longest = max(shape.width, shape.height)
    focal = 0.5 * longest / np.tan(np.deg2rad(rng.uniform(*_FIELD_OF_VIEW_DEG)) / 2)
    return Camera(shape.width, shape.height, np.array([focal, focal, shape.width / 2, shape.height / 2]))


def stage_people(plan: PicturePlan, posed: list[PosedBody], camera: Camera, rng: np.random.Generator) -> list[PosedBody]:
    """Move the bodies (pelvis at the origin) to their places; the main person first, the others farther away and to a side."""
    placed: list[PosedBody] = []
    for order, body in enumerate(posed):
        for _ in range(_TRIES):
            truncated = plan.truncated and order == 0
            candidate = _moved(body, _place(body, camera, rng, truncated, order, placed))
            if _in_frame(candidate, camera) >= (_LEAST_IN_FRAME if truncated or order else 13):
                break
        placed.append(candidate)
    return placed


def _place(
    body: PosedBody, camera: Camera, rng: np.random.Generator, truncated: bool, order: int, before: list[PosedBody]
) -> Float[np.ndarray, "3"]:
    """Where the pelvis goes, m."""
    low, high = body.vertices.min(0), body.vertices.max(0)
    extent, middle = high - low, (low + high) / 2
    share = float(rng.uniform(1.15, 1.9) if truncated else rng.uniform(0.5, 0.93) if order == 0 else rng.uniform(0.4, 0.8))
    focal = float(camera.intrinsics[0])
    depth = focal * max(extent[0] / camera.width, extent[1] / camera.height) / share
    if before:
        depth = max(depth, float(np.median(before[0].vertices[:, 2])) + 0.5)
    depth = max(depth, _NEAREST_M - low[2], MIN_DEPTH_M - low[2] + 0.3)
    room = np.array([camera.width, camera.height]) * depth / focal - extent[:2]
    reach = np.array([0.5, 0.5]) * np.abs(room) if not truncated else np.array([0.25, 0.5]) * np.abs(room)
    shift = reach * rng.uniform(-1, 1, 2)
    if order:
        shift[0] = reach[0] * rng.choice([-1.0, 1.0]) * rng.uniform(0.4, 1.0)
    return np.array([shift[0] - middle[0], shift[1] - middle[1], depth - middle[2]])


def _moved(body: PosedBody, by: Float[np.ndarray, "3"]) -> PosedBody:
    step = by.astype(np.float32)
    return replace(body, vertices=body.vertices + step, keypoints=body.keypoints + step, joints=body.joints + step)


def _in_frame(body: PosedBody, camera: Camera) -> int:
    """Keypoints that fall into the frame."""
    pixel = camera.intrinsics[:2] * body.keypoints[:, :2] / body.keypoints[:, 2:] + camera.intrinsics[2:]
    return int(((pixel >= 0) & (pixel <= [camera.width, camera.height])).all(1).sum())
