"""Objects that stand before the person: boxes, posts, balls, branches with leaves."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from jaxtyping import Float, UInt8

from smpl_assets.scene import Camera, MeshLayer
from smpl_assets.seeds import numpy_generator

TEXTURES = 24
_SIDE = 128
BOX_CORNERS = np.array([[x, y, z] for z in (-0.5, 0.5) for y in (-0.5, 0.5) for x in (-0.5, 0.5)], np.float32)
_QUADS = ((0, 2, 3, 1), (4, 5, 7, 6), (0, 1, 5, 4), (2, 6, 7, 3), (0, 4, 6, 2), (1, 3, 7, 5))
BOX = np.array([t for q in _QUADS for t in ((q[0], q[1], q[2]), (q[0], q[2], q[3]))], np.int32)
_BOX_VERTICES = np.array([BOX_CORNERS[i] for triangle in BOX for i in triangle], np.float32)
_BOX_FACES = np.arange(len(_BOX_VERTICES), dtype=np.int32).reshape(-1, 3)  # corners not shared: a box's normals are flat
SQUARE = np.array([[0, 1], [0, 0], [1, 0], [1, 1]], np.float32)
BOX_UV_FACES = np.array([[0, 1, 2], [0, 2, 3]] * 6, np.int32)
_CARD_VERTICES = np.array([[-0.5, -0.5, 0], [-0.5, 0.5, 0], [0.5, 0.5, 0], [0.5, -0.5, 0]], np.float32)
_CARD_FACES = np.array([[0, 1, 2], [0, 2, 3]], np.int32)
_RINGS = 12


def _ball() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Unit-diameter sphere: vertices, faces, uvs (one per vertex)."""
    v, u = np.meshgrid(np.linspace(0, np.pi, _RINGS + 1), np.linspace(0, 2 * np.pi, 2 * _RINGS + 1), indexing="ij")
    points = 0.5 * np.stack([np.sin(v) * np.cos(u), -np.cos(v), np.sin(v) * np.sin(u)], axis=2).reshape(-1, 3)
    index = np.arange(len(points)).reshape(_RINGS + 1, 2 * _RINGS + 1)
    a, b, c, d = index[:-1, :-1].ravel(), index[:-1, 1:].ravel(), index[1:, 1:].ravel(), index[1:, :-1].ravel()
    faces = np.concatenate([np.stack([a, b, c], axis=1), np.stack([a, c, d], axis=1)])
    uvs = np.stack([u / (2 * np.pi), 1 - v / np.pi], axis=2).reshape(-1, 2)
    return points.astype(np.float32), faces.astype(np.int32), uvs.astype(np.float32)


_BALL_VERTICES, _BALL_FACES, _BALL_UVS = _ball()


@lru_cache(maxsize=TEXTURES)
def surface(number: int) -> UInt8[np.ndarray, "side side 3"]:
    """One of TEXTURES wooden, painted or stony surfaces."""
    rng = numpy_generator(0, "occluder", number)
    palette = (
        (150, 112, 74), (96, 92, 88), (176, 170, 160), (70, 58, 50), (128, 60, 52), (58, 72, 96), (40, 40, 42), (190, 176, 120),
    )  # fmt: skip
    cells = (int(rng.integers(2, 6)), int(rng.integers(8, 40)))
    tone = 0.75 + 0.4 * cv2.resize(rng.random(cells, dtype=np.float32), (_SIDE, _SIDE), interpolation=cv2.INTER_CUBIC)
    tone += 0.1 * rng.standard_normal((_SIDE, _SIDE), dtype=np.float32)
    seams = np.arange(_SIDE) % int(rng.integers(20, 64)) < 2
    tone[seams] *= 0.7
    return np.clip(np.array(palette[number % len(palette)]) * tone[..., None], 0, 255).astype(np.uint8)


@lru_cache(maxsize=6)
def branch(number: int) -> UInt8[np.ndarray, "side side 4"]:
    """Leaves with gaps between them: RGBA."""
    rng = numpy_generator(0, "branch", number)
    image = np.zeros((_SIDE, _SIDE, 4), np.uint8)
    for _ in range(int(rng.integers(40, 90))):
        green = np.array([50, 84, 30]) * rng.uniform(0.5, 1.6) + rng.uniform(-12, 12, 3)
        centre = tuple(int(c) for c in rng.normal(_SIDE / 2, _SIDE / 5, 2))
        axes = (int(rng.integers(6, 14)), int(rng.integers(2, 6)))
        colour = (*(int(c) for c in np.clip(green, 0, 255)), 255)
        cv2.ellipse(image, centre, axes, float(rng.uniform(0, 360)), 0, 360, colour, -1, cv2.LINE_8)
    return image


def draw_occluder(vertices: Float[np.ndarray, "vertices 3"], camera: Camera, rng: np.random.Generator) -> MeshLayer:
    """An object between the camera and a body (metres, camera frame) that hides a part of it.

    It is centred before a random point of the body, covers about a tenth to a third of the body's extent, and stands at
    60 to 90 % of its nearest depth.
    """
    target = vertices[int(rng.integers(len(vertices)))].astype(np.float64)
    nearest = float(vertices[:, 2].min())
    depth = nearest * rng.uniform(0.6, 0.9)
    extent = float(np.ptp(vertices[:, :2], axis=0).max()) * depth / target[2]
    at = np.array([target[0] * depth / target[2], target[1] * depth / target[2], depth])
    at[:2] += 0.08 * extent * rng.standard_normal(2)
    kind = rng.choice(["box", "post", "ball", "branch"], p=[0.35, 0.25, 0.15, 0.25])
    reach = extent * rng.uniform(0.12, 0.32)
    shape = {
        "box": np.array([reach * rng.uniform(0.8, 1.8), reach * rng.uniform(0.6, 1.2), 0.5 * reach]),
        "post": np.array([0.25 * reach, 4 * extent, 0.25 * reach]),
        "ball": np.full(3, 0.7 * reach),
        "branch": np.array([2 * reach, 1.6 * reach, 1.0]),
    }[str(kind)]
    turn = rng.uniform(-0.8, 0.8) if kind in ("box", "post") else 0.0
    roll = rng.uniform(-np.pi, np.pi) if kind in ("ball", "branch") else 0.0
    return _layer(str(kind), shape, turn, roll, at, rng)


def _layer(kind: str, size: np.ndarray, turn: float, roll: float, at: np.ndarray, rng: np.random.Generator) -> MeshLayer:
    c, s = np.cos(turn), np.sin(turn)
    d, r = np.cos(roll), np.sin(roll)
    rotation = np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]]) @ np.array([[d, -r, 0], [r, d, 0], [0, 0, 1]])
    number = int(rng.integers(TEXTURES))
    if kind == "branch":
        mesh, texture = (_CARD_VERTICES, _CARD_FACES, SQUARE, _CARD_FACES), branch(number % 6)
    elif kind == "ball":
        mesh, texture = (_BALL_VERTICES, _BALL_FACES, _BALL_UVS, _BALL_FACES), surface(number)
    else:
        mesh, texture = (_BOX_VERTICES, _BOX_FACES, SQUARE, BOX_UV_FACES), surface(number)
    vertices = ((mesh[0] * size) @ rotation.T + at).astype(np.float32)
    return MeshLayer(kind, vertices, mesh[1], mesh[2], mesh[3], texture, two_sided=True)
