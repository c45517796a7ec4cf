"""Scenes laid out in flat buffers: meshes and textures that recur are kept, only vertices travel per scene."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float, Float32, Int, UInt32

from smpl_assets.scene import Lighting, MeshLayer, SceneSpec

MIP_LEVELS = 4
TAPS = 10
SURVEYED_FACES = 512
MAX_TEXELS = 400_000_000


@dataclass(frozen=True)
class TopologyRows:
    """Where a topology lies in the flat tables, and its size."""

    face0: int
    uv_face0: int
    uv0: int
    incidence0: int
    vertices: int
    faces: int


class TopologyPool:
    """Faces, texture coordinates and vertex-face incidence of every topology met so far, concatenated."""

    def __init__(self) -> None:
        self._rows: dict[tuple[int, int, int, int], TopologyRows] = {}
        self._held: list[MeshLayer] = []
        self.faces = np.zeros((0, 3), np.int32)
        self.uvs = np.zeros((0, 2), np.float32)
        self.uv_faces = np.zeros((0, 3), np.int32)
        self.starts = np.zeros(0, np.int32)
        self.touching = np.zeros(0, np.int32)
        self.version = 0

    def rows(self, layer: MeshLayer) -> TopologyRows:
        """Rows of a layer's topology, added if it is new."""
        key = (id(layer.faces), id(layer.uvs), id(layer.uv_faces), len(layer.vertices))
        if key not in self._rows:
            self._held.append(layer)  # keeps the arrays alive, so that their ids stay theirs
            self._rows[key] = self._add(layer)
            self.version += 1
        return self._rows[key]

    def _add(self, layer: MeshLayer) -> TopologyRows:
        starts, touching = incidence(layer.faces, len(layer.vertices))
        rows = TopologyRows(
            len(self.faces), len(self.uv_faces), len(self.uvs), len(self.starts), len(layer.vertices), len(layer.faces)
        )
        self.faces = np.concatenate([self.faces, layer.faces.astype(np.int32)])
        self.uvs = np.concatenate([self.uvs, layer.uvs.astype(np.float32)])
        self.uv_faces = np.concatenate([self.uv_faces, layer.uv_faces.astype(np.int32)])
        self.starts = np.concatenate([self.starts, starts + np.int32(len(self.touching))])
        self.touching = np.concatenate([self.touching, touching])
        return rows


def incidence(faces: Int[np.ndarray, "faces 3"], vertices: int) -> tuple[np.ndarray, np.ndarray]:
    """For every vertex the faces that touch it: starts (V + 1,) into touching (3F,)."""
    flat = faces.reshape(-1)
    starts = np.zeros(vertices + 1, np.int32)
    starts[1:] = np.cumsum(np.bincount(flat, minlength=vertices))
    return starts, (np.argsort(flat, kind="stable") // 3).astype(np.int32)


@dataclass(frozen=True)
class TextureRows:
    """Where a texture's mip levels start, its size and its number of levels."""

    texel0: int
    width: int
    height: int
    levels: int


def mip_levels(texture: np.ndarray) -> list[UInt32[np.ndarray, "height width"]]:
    """A texture as RGBA words, and its halvings."""
    code = cv2.COLOR_RGB2RGBA
    image = np.ascontiguousarray(texture) if texture.shape[2] == 4 else cv2.cvtColor(texture, code)
    levels = [image]
    while len(levels) < MIP_LEVELS and min(levels[-1].shape[:2]) >= 16:
        height, width = levels[-1].shape[0] // 2, levels[-1].shape[1] // 2
        levels.append(cv2.resize(levels[-1], (width, height), interpolation=cv2.INTER_AREA))
    return [np.ascontiguousarray(level).view(np.uint32)[..., 0] for level in levels]


class TexturePool:
    """Mip-mapped textures in one growing buffer; emptied when it would pass MAX_TEXELS."""

    def __init__(self) -> None:
        self._rows: dict[int, TextureRows] = {}
        self._alpha: dict[tuple[int, int], int] = {}
        self._held: list[np.ndarray] = []
        self.face_alpha = np.zeros(0, np.uint8)
        self.texels = np.zeros(1 << 20, np.uint32)
        self.used = 0
        self.version = 0

    def make_room(self, scenes: Sequence[SceneSpec]) -> None:
        """Forget everything if this batch's new textures might not fit."""
        new = {
            id(layer.texture): layer.texture
            for scene in scenes
            for _, layer in scene.layers()
            if id(layer.texture) not in self._rows
        }
        if self.used + sum(t.shape[0] * t.shape[1] * 4 // 3 for t in new.values()) > MAX_TEXELS:
            self._rows.clear()
            self._alpha.clear()
            self._held.clear()
            self.face_alpha = np.zeros(0, np.uint8)
            self.used = 0

    def alpha_row(self, layer: MeshLayer, topology: TopologyRows) -> int:
        """Where the layer's `face_alpha` starts, worked out once per texture and topology; -1 for a texture without alpha."""
        if not layer.cut_out:
            return -1
        key = (id(layer.texture), topology.face0)
        if key not in self._alpha:
            self._alpha[key] = len(self.face_alpha)
            self.face_alpha = np.concatenate([self.face_alpha, face_alpha(layer)])
            self.version += 1
        return self._alpha[key]

    def rows(self, texture: np.ndarray) -> TextureRows:
        """Rows of a texture, added if it is new."""
        if id(texture) not in self._rows:
            levels = mip_levels(texture)
            rows = TextureRows(self.used, texture.shape[1], texture.shape[0], len(levels))
            end = self.used + sum(level.size for level in levels)
            if end > len(self.texels):
                grown = np.zeros(max(end, 2 * len(self.texels)), np.uint32)
                grown[: self.used] = self.texels[: self.used]
                self.texels = grown
            self.texels[self.used : end] = np.concatenate([level.reshape(-1) for level in levels])
            self.used = end
            self._held.append(texture)
            self._rows[id(texture)] = rows
            self.version += 1
        return self._rows[id(texture)]


HIDDEN_FACE, SOLID_FACE, MIXED_FACE = 0, 1, 2


def face_alpha(layer: MeshLayer) -> UInt8[np.ndarray, " faces"]:
    """Per face whether the texels in its bounding rectangle are all cut out (0), all kept (1) or mixed (2)."""
    height, width = layer.texture.shape[:2]
    kept = np.zeros((height + 1, width + 1), np.int32)
    kept[1:, 1:] = (layer.texture[..., 3] >= 128).cumsum(axis=0, dtype=np.int32).cumsum(axis=1, dtype=np.int32)
    corners = layer.uvs[layer.uv_faces]
    x, y = corners[..., 0] * width, (1 - corners[..., 1]) * height
    x0, y0 = (np.clip(np.floor(v.min(axis=1)).astype(int) - 1, 0, side - 1) for v, side in ((x, width), (y, height)))
    x1, y1 = (np.clip(np.floor(v.max(axis=1)).astype(int) + 2, 1, side) for v, side in ((x, width), (y, height)))
    count = kept[y1, x1] - kept[y0, x1] - kept[y1, x0] + kept[y0, x0]
    return np.where(count == 0, HIDDEN_FACE, np.where(count == (x1 - x0) * (y1 - y0), SOLID_FACE, MIXED_FACE)).astype(np.uint8)


def texels_per_metre(layer: MeshLayer) -> float:
    """How many texels of the layer's texture lie along a metre of its surface, on average over some hundred faces."""
    every = slice(None, None, max(1, len(layer.faces) // SURVEYED_FACES))
    corners, uv = layer.vertices[layer.faces[every]], layer.uvs[layer.uv_faces[every]]
    p, q = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    x, y, z = (p[:, (i + 1) % 3] * q[:, (i + 2) % 3] - p[:, (i + 2) % 3] * q[:, (i + 1) % 3] for i in range(3))
    surface = float(np.sqrt(x * x + y * y + z * z).sum())
    a, b = uv[:, 1] - uv[:, 0], uv[:, 2] - uv[:, 0]
    chart = float(np.abs(a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]).sum())
    return float(np.sqrt(chart * layer.texture.shape[0] * layer.texture.shape[1] / max(surface, 1e-12)))


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
    body = np.ascontiguousarray(scene.people[scene.subject].layers[0].vertices.T)  # numpy is slow along the first of two axes
    low, high = body.min(axis=1), body.max(axis=1)
    return 0.5 * (low + high), float(np.linalg.norm(high - low)) + 0.1
