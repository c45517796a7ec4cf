"""Objects that stand on the ground between the camera and the people."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from smpl_assets.motion.paths import Ground
from smpl_assets.render.sequences.view import View
from smpl_assets.render.studio.occluders import BOX, BOX_CORNERS, BOX_UV_FACES, SQUARE, TEXTURES, surface
from smpl_assets.scene import MeshLayer

_NEAR_M, _GAP_M = 1.2, 0.4  # least distance from the camera, and from the people's ground

_VERTICES = np.array([BOX_CORNERS[i] for triangle in BOX for i in triangle], np.float32)
_FACES = np.arange(len(_VERTICES), dtype=np.int32).reshape(-1, 3)  # corners not shared: a box's normals are flat


def draw_standing(ground: Ground, view: View, rng: np.random.Generator) -> tuple[MeshLayer, ...]:
    """One or two posts, boxes or low walls before the ground, in the camera frame; none where the camera is too near."""
    nearest, farthest = ground.half_depth + _GAP_M, float(view.eye[2]) - _NEAR_M
    if farthest <= nearest:
        return ()
    return tuple(_one(ground, view, rng, nearest, farthest) for _ in range(int(rng.integers(1, 3))))


def _one(ground: Ground, view: View, rng: np.random.Generator, nearest: float, farthest: float) -> MeshLayer:
    away = rng.uniform(nearest, nearest + 0.6 * (farthest - nearest))
    closer = (float(view.eye[2]) - away) / float(view.eye[2])  # the same angle is fewer metres there
    kind = str(rng.choice(["post", "box", "wall"], p=[0.45, 0.35, 0.2]))
    size = {
        "post": np.array([rng.uniform(0.1, 0.3), 3.2, rng.uniform(0.1, 0.3)]),
        "box": np.array([rng.uniform(0.4, 0.9), rng.uniform(0.5, 1.1), 0.5]),
        "wall": np.array([rng.uniform(0.8, 1.6), rng.uniform(0.4, 0.8), 0.15]),
    }[kind] * np.array([closer, 1.0, closer])
    turn = rng.uniform(-0.5, 0.5)
    middle = np.array([rng.uniform(-0.8, 0.8) * ground.half_width * closer, size[1] / 2, away])
    return _box(kind, _turned(_VERTICES * size, turn) + middle, view, int(rng.integers(TEXTURES)))


def _turned(points: Float[np.ndarray, "n 3"], angle: float) -> Float[np.ndarray, "n 3"]:
    c, s = np.cos(angle), np.sin(angle)
    return points @ np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]]).T


def _box(name: str, world: Float[np.ndarray, "n 3"], view: View, number: int) -> MeshLayer:
    vertices = view.to_camera(world).astype(np.float32)
    return MeshLayer(name, vertices, _FACES, SQUARE, BOX_UV_FACES, surface(number), two_sided=True)
