"""Scenes laid out in flat buffers: meshes and textures that recur are kept, only vertices travel per scene."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Int, Int32

from smpl_assets.render.visibility import mip_levels
from smpl_assets.scene import MeshLayer, SceneSpec

MAX_TEXELS = 48_000_000


@dataclass(frozen=True)
class TopologyRows:
    """Where a topology lies in the flat tables, and its size."""

    face0: int
    uv_face0: int
    uv0: int
    incidence0: int
    vertices: int
    faces: int


class GrowingTable:
    """Rows that are only ever added, in an array with room to spare; `version` counts how often the array was replaced."""

    def __init__(self, dtype: type, width: int = 0) -> None:
        self._width = (width,) if width else ()
        self.data: np.ndarray = np.zeros((1024, *self._width), dtype)
        self.used = 0
        self.version = 0

    def add(self, rows: np.ndarray) -> int:
        """Append rows; the number of the first."""
        start, end = self.used, self.used + len(rows)
        if end > len(self.data):
            grown = np.zeros((max(end, 2 * len(self.data)), *self._width), self.data.dtype)
            grown[:start] = self.data[:start]
            self.data = grown
            self.version += 1
        self.data[start:end] = rows
        self.used = end
        return start


class TopologyPool:
    """Faces, texture coordinates and vertex-face incidence of every topology met so far, concatenated."""

    def __init__(self) -> None:
        self._rows: dict[tuple[int, int, int, int], TopologyRows] = {}
        self._held: list[tuple[np.ndarray, ...]] = []
        self.tables = {
            "faces": GrowingTable(np.int32, 3),
            "uvs": GrowingTable(np.float32, 2),
            "uv_faces": GrowingTable(np.int32, 3),
            "starts": GrowingTable(np.int32),
            "touching": GrowingTable(np.int32),
        }

    def rows(self, layer: MeshLayer) -> TopologyRows:
        """Rows of a layer's topology, added if it is new."""
        key = (id(layer.faces), id(layer.uvs), id(layer.uv_faces), len(layer.vertices))
        if key not in self._rows:
            self._held.append((layer.faces, layer.uvs, layer.uv_faces))  # kept alive, so that their ids stay theirs
            self._rows[key] = self._add(layer)
        return self._rows[key]

    def _add(self, layer: MeshLayer) -> TopologyRows:
        tables = self.tables
        starts, touching = incidence(layer.faces, len(layer.vertices))
        starts += np.int32(tables["touching"].used)
        places = {"faces": layer.faces, "uv_faces": layer.uv_faces, "uvs": layer.uvs, "starts": starts, "touching": touching}
        first = {name: tables[name].add(rows) for name, rows in places.items()}
        return TopologyRows(
            first["faces"], first["uv_faces"], first["uvs"], first["starts"], len(layer.vertices), len(layer.faces)
        )


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


@dataclass(frozen=True)
class DrawnRows:
    """Which faces of a topology a texture leaves to be drawn: a run of the table `drawn`."""

    start: int
    count: int


class TexturePool:
    """What looks bring along: mip-mapped textures, the faces they leave, lifts of cloth; emptied beyond MAX_TEXELS."""

    def __init__(self) -> None:
        self._forget()

    def _forget(self) -> None:
        self._rows: dict[int, TextureRows] = {}
        self._drawn: dict[tuple[int, int], DrawnRows] = {}
        self._held: list[np.ndarray] = []
        self._texels_of: dict[tuple[int, int, int], np.ndarray] = {}
        self._lifts: dict[int, int] = {}
        kinds = {"texels": np.uint32, "drawn": np.int32, "lifts": np.float32}
        self.tables = {name: GrowingTable(kind) for name, kind in kinds.items()}

    def make_room(self, scenes: Sequence[SceneSpec]) -> bool:
        """Forget everything if this batch's new textures might not fit; whether it did."""
        new = {
            id(layer.texture): layer.texture
            for scene in scenes
            for _, layer in scene.layers()
            if id(layer.texture) not in self._rows
        }
        if self.tables["texels"].used + sum(t.shape[0] * t.shape[1] * 4 // 3 for t in new.values()) <= MAX_TEXELS:
            return False
        self._forget()
        return True

    def drawn(self, layer: MeshLayer, topology: TopologyRows) -> DrawnRows:
        """The faces that a layer draws, worked out once per texture and topology; without alpha once per topology."""
        key = (id(layer.texture) if layer.cut_out else 0, topology.face0)
        if key not in self._drawn:
            rows = drawn_faces(layer, self._rectangles(layer, topology))
            self._drawn[key] = DrawnRows(self.tables["drawn"].add(rows), len(rows))
        return self._drawn[key]

    def lift(self, layer: MeshLayer) -> int:
        """Where the layer's lift starts in the table `lifts`, -1 if it has none."""
        if layer.lift is None:
            return -1
        if id(layer.lift) not in self._lifts:
            self._held.append(layer.lift)
            self._lifts[id(layer.lift)] = self.tables["lifts"].add(layer.lift)
        return self._lifts[id(layer.lift)]

    def _rectangles(self, layer: MeshLayer, topology: TopologyRows) -> Int32[np.ndarray, "4 faces"]:
        """The texels about each face, kept: every texture of one size has the same."""
        key = (topology.face0, *layer.texture.shape[:2])
        if key not in self._texels_of:
            self._texels_of[key] = face_rectangles(layer)
        return self._texels_of[key]

    def rows(self, texture: np.ndarray) -> TextureRows:
        """Rows of a texture, added if it is new."""
        if id(texture) not in self._rows:
            levels = mip_levels(texture)
            start = self.tables["texels"].add(np.concatenate([level.reshape(-1) for level in levels]))
            self._held.append(texture)
            self._rows[id(texture)] = TextureRows(start, texture.shape[1], texture.shape[0], len(levels))
        return self._rows[id(texture)]


MIXED_BIT = 1 << 30


def face_rectangles(layer: MeshLayer) -> Int32[np.ndarray, "4 faces"]:
    """First and end column, first and end row of the texels about each face."""
    height, width = layer.texture.shape[:2]
    corners = layer.uvs[layer.uv_faces]
    x, y = corners[..., 0] * width, (1 - corners[..., 1]) * height
    x0, y0 = (np.clip(np.floor(v.min(axis=1)) - 1, 0, side - 1) for v, side in ((x, width), (y, height)))
    x1, y1 = (np.clip(np.floor(v.max(axis=1)) + 2, 1, side) for v, side in ((x, width), (y, height)))
    return np.stack([x0, x1, y0, y1]).astype(np.int32)


def drawn_faces(layer: MeshLayer, rectangles: Int32[np.ndarray, "4 faces"] | None = None) -> Int32[np.ndarray, " drawn"]:
    """Numbers of the faces that the texture's alpha leaves, in order; bit 30 is set where it cuts through the face.

    A face is left out where all texels in its rectangle (see face_rectangles) are cut out, and whole where none is.
    """
    if not layer.cut_out:
        return np.arange(len(layer.faces), dtype=np.int32)
    x0, x1, y0, y1 = face_rectangles(layer) if rectangles is None else rectangles
    kept = cv2.integral((layer.texture[..., 3] >= 128).view(np.uint8))
    stride = np.int32(kept.shape[1])
    flat = kept.reshape(-1)
    top, low = y0 * stride, y1 * stride
    count = flat[low + x1] - flat[top + x1] - flat[low + x0] + flat[top + x0]
    left = np.flatnonzero(count).astype(np.int32)
    mixed = (count < (x1 - x0) * (y1 - y0))[left]
    return left | np.where(mixed, np.int32(MIXED_BIT), np.int32(0))
