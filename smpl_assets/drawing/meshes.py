"""Shaded meshes painted in software, to be looked at (not for training: see render)."""

from __future__ import annotations

import cv2
import numpy as np
from jaxtyping import Bool, Float, Int, UInt8

SKIN, CLAY = (150, 190, 235), (214, 190, 172)
_LIGHT = np.array([-0.35, -0.6, -0.72])
_NEAREST_M = 0.05
_FINE = 2  # drawn this many times larger, then averaged


def draw_mesh(
    image: UInt8[np.ndarray, "height width 3"],
    vertices: Float[np.ndarray, "vertices 3"],
    faces: Int[np.ndarray, "faces 3"],
    intrinsics: Float[np.ndarray, " 4"],
    opacity: float = 0.85,
    colour: tuple[int, int, int] = SKIN,
) -> UInt8[np.ndarray, "height width 3"]:
    """A shaded mesh (m, camera frame) over a copy of an image (RGB), far faces first; intrinsics are fx, fy, cx, cy, px."""
    height, width = image.shape[:2]
    painted = np.zeros((height * _FINE, width * _FINE, 3), np.uint8)
    cover = np.zeros((height * _FINE, width * _FINE), np.uint8)
    depth = vertices[:, 2]
    spots = (vertices[:, :2] / np.maximum(depth, _NEAREST_M)[:, None] * intrinsics[:2] + intrinsics[2:]) * _FINE
    polygons = np.clip(np.round(spots[faces] * 16), -(2**24), 2**24).astype(np.int32)
    shades, facing = _shaded(vertices[faces])
    seen = np.flatnonzero(facing & (depth[faces].min(1) > _NEAREST_M))
    for face in seen[np.argsort(-depth[faces[seen]].mean(1), kind="stable")]:
        cv2.fillConvexPoly(painted, polygons[face], (np.array(colour) * shades[face]).tolist(), shift=4)
        cv2.fillConvexPoly(cover, polygons[face], 255, shift=4)
    alpha = cv2.resize(cover, (width, height), interpolation=cv2.INTER_AREA)[..., None] / 255.0
    person = cv2.resize(painted, (width, height), interpolation=cv2.INTER_AREA).astype(np.float64)
    blended = image * (1.0 - opacity * alpha) + opacity * person
    return np.clip(np.round(blended), 0, 255).astype(np.uint8)


def _shaded(corners: Float[np.ndarray, "faces 3 3"]) -> tuple[Float[np.ndarray, " faces"], Bool[np.ndarray, " faces"]]:
    """How bright each face is (0..1), and whether it turns to the camera."""
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    return 0.35 + 0.65 * np.clip(normals @ _LIGHT, 0.0, 1.0), (normals * corners.mean(1)).sum(1) < 0


def draw_turned(
    vertices: Float[np.ndarray, "vertices 3"], faces: Int[np.ndarray, "faces 3"], side: int, turn_rad: float = np.pi / 2
) -> UInt8[np.ndarray, "side side 3"]:
    """The mesh alone on white, turned about the vertical by `turn_rad` and as large as the square allows."""
    middle = (vertices.min(0) + vertices.max(0)) / 2
    cosine, sine = np.cos(turn_rad), np.sin(turn_rad)
    turned = (vertices - middle) @ np.array([[cosine, 0.0, sine], [0.0, 1.0, 0.0], [-sine, 0.0, cosine]]).T
    far = 6.0
    focal = 0.46 * side * (far - np.abs(turned).max()) / np.abs(turned[:, :2]).max()
    white = np.full((side, side, 3), 255, np.uint8)
    intrinsics = np.array([focal, focal, side / 2, side / 2])
    return draw_mesh(white, turned + np.array([0.0, 0.0, far]), faces, intrinsics, opacity=1.0)
