"""Puts posed people before a camera: how large and where in the frame, who stands behind whom, what stands before them."""

from __future__ import annotations

import cv2
import numpy as np
from jaxtyping import Float, UInt8

from smpl_assets.camera import MIN_DEPTH_M
from smpl_assets.render.studio.occluders import BOX, BOX_CORNERS, BOX_UV_FACES, SQUARE
from smpl_assets.render.studio.people import PosedBody
from smpl_assets.scene import Camera, MeshLayer
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
            candidate = body.moved(_place(body, camera, rng, truncated, order, placed))
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


def _in_frame(body: PosedBody, camera: Camera) -> int:
    """Keypoints that fall into the frame."""
    pixel = camera.intrinsics[:2] * body.keypoints[:, :2] / body.keypoints[:, 2:] + camera.intrinsics[2:]
    return int(((pixel >= 0) & (pixel <= [camera.width, camera.height])).all(1).sum())


_TEXELS = 96
_COLOURS = ((150, 112, 74), (96, 92, 88), (60, 84, 48), (176, 170, 160), (70, 58, 50), (128, 60, 52), (58, 72, 96))


def _texture(rng: np.random.Generator) -> UInt8[np.ndarray, "texels texels 3"]:
    colour = np.array(_COLOURS[int(rng.integers(len(_COLOURS)))], np.float32)
    cells = (int(rng.integers(2, 7)), int(rng.integers(8, 40)))
    grain = cv2.resize(rng.random(cells).astype(np.float32), (_TEXELS, _TEXELS), interpolation=cv2.INTER_CUBIC)
    fine = rng.random((_TEXELS, _TEXELS)).astype(np.float32)
    boards = (np.arange(_TEXELS) % int(rng.integers(12, 48)) < 2).astype(np.float32)[:, None]
    tone = (0.75 + 0.4 * grain + 0.12 * (fine - 0.5)) * (1 - 0.35 * boards)
    return np.clip(colour * tone[..., None], 0, 255).astype(np.uint8)


def draw_prop(before: PosedBody, camera: Camera, rng: np.random.Generator) -> MeshLayer:
    """A box between the camera and a person that hides part of the legs, one side, or a bar across."""
    low, high = before.vertices.min(0), before.vertices.max(0)
    extent, middle = high - low, (low + high) / 2
    kind = int(rng.integers(3))
    if kind == 0:
        size = np.array([rng.uniform(0.7, 1.6), extent[1] * rng.uniform(0.3, 0.6), 0.5])
        centre = np.array([middle[0] + rng.uniform(-0.4, 0.4), high[1] - 0.4 * size[1] + 0.1, low[2] - 0.5])
    elif kind == 1:
        size = np.array([rng.uniform(0.15, 0.4), 3.0, rng.uniform(0.15, 0.4)])
        centre = np.array([middle[0] + extent[0] * rng.choice([-1, 1]) * rng.uniform(0.2, 0.5), middle[1], low[2] - 0.4])
    else:
        size = np.array([3.0, rng.uniform(0.06, 0.18), 0.06])
        centre = np.array([middle[0], high[1] - extent[1] * rng.uniform(0.2, 0.55), low[2] - 0.15])
    centre[2] = max(centre[2], 0.5 + size[2])
    turn = rng.uniform(-0.7, 0.7) if kind < 2 else 0.0
    cos, sin = np.cos(turn), np.sin(turn)
    vertices = (BOX_CORNERS * size) @ np.array([[cos, 0, sin], [0, 1, 0], [-sin, 0, cos]]).T + centre
    return MeshLayer("prop", vertices.astype(np.float32), BOX, SQUARE, BOX_UV_FACES, _texture(rng), two_sided=True)
