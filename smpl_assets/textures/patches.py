"""Pieces of the base mesh for skin, clothes and hair, each with a chart that knows where on the body a texel lies."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

import cv2
import numpy as np
from jaxtyping import Bool, Float, Int, UInt8
from scipy.ndimage import distance_transform_edt
from scipy.sparse import csr_matrix

from smpl_assets.errors import StageError
from smpl_assets.textures.base_mesh import BaseMesh, Points, base_mesh

_MARGIN_TEXELS = 2


@dataclass(frozen=True)
class Chart:
    """The texels of a patch's texture.

    size: height and width of the texture in texels.
    points: places of the N texels that lie inside a UV island.
    source: (H, W) for every texel the index of the inside texel whose colour it takes (its own, or the nearest: padding).
    inside: (H, W) bool.
    """

    size: int
    points: Points
    source: Int[np.ndarray, "height width"]
    inside: Bool[np.ndarray, "height width"]

    def image(self, texels: UInt8[np.ndarray, "points 4"]) -> UInt8[np.ndarray, "height width 4"]:
        """Spread the texels' RGBA (N, 4) over the texture (H, W, 4), islands padded."""
        words = np.ascontiguousarray(texels).view(np.uint32)[:, 0]
        return np.take(words, self.source).view(np.uint8).reshape(self.size, self.size, 4)

    def paint(
        self, colour: Float[np.ndarray, "3 points"], alpha: Float[np.ndarray, " points"]
    ) -> UInt8[np.ndarray, "height width 4"]:
        """The texture (H, W, 4) of colours (sRGB 0..1, clipped) and alpha (0..1) at the texels, islands padded."""
        rows = [(np.clip(c, 0, 1) * np.float32(255) + np.float32(0.5)).astype(np.uint8)[None] for c in (*colour, alpha)]
        return self.image(cv2.merge(rows)[0])


@dataclass(frozen=True, eq=False)
class Patch:
    """A piece of the base mesh.

    vertices: (V,) indices into the base mesh's vertices.
    faces: (F, 3) indices into `vertices`, counter-clockwise seen from outside.
    uvs: (T, 2) in [0, 1], v up, its own texture; uv_faces: (F, 3).
    texels: side of its texture.
    """

    name: str
    vertices: Int[np.ndarray, " vertices"]
    faces: Int[np.ndarray, "faces 3"]
    uvs: Float[np.ndarray, "uvs 2"]
    uv_faces: Int[np.ndarray, "faces 3"]
    texels: int

    @cached_property
    def incidence(self) -> csr_matrix:
        """(V, F) sparse ones: sums what belongs to faces at their vertices."""
        count = len(self.faces)
        ones = np.ones(3 * count, np.float32)
        return csr_matrix((ones, (self.faces.reshape(-1), np.repeat(np.arange(count), 3))), (len(self.vertices), count))

    @cached_property
    def _corners(self) -> Int[np.ndarray, "3 faces"]:
        return np.ascontiguousarray(self.faces.T)

    def normals(self, vertices: Float[np.ndarray, "vertices 3"]) -> Float[np.ndarray, "vertices 3"]:
        """Smooth unit normals (V, 3) of the patch's posed vertices (V, 3)."""
        corners = np.ascontiguousarray(vertices.T)[:, self._corners]
        (ax, ay, az), (bx, by, bz) = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
        crossed = np.stack([ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx], axis=1)
        normals = self.incidence @ crossed
        return normals / np.maximum(np.sqrt(np.einsum("vc,vc->v", normals, normals)), 1e-12)[:, None]

    @cached_property
    def points(self) -> Points:
        """The places of the vertices."""
        mesh = base_mesh()
        position = mesh.vertices[self.vertices]
        return Points(position, self.normals(position).astype(np.float32), mesh.parts[self.vertices])

    @cached_property
    def chart(self) -> Chart:
        """The places of the texels (baked on first use)."""
        face, weights = rasterise_uvs(self.uvs, self.uv_faces, self.texels)
        inside = face >= 0
        corners, weights = self.faces[face[inside]], weights[inside]
        spread = [
            np.einsum("nk,nkc->nc", weights, v[corners]) for v in (self.points.position, self.points.normal, self.points.parts)
        ]
        spread[1] /= np.maximum(np.linalg.norm(spread[1], axis=1, keepdims=True), 1e-9)
        nearest = distance_transform_edt(~inside, return_distances=False, return_indices=True)
        order = np.full(inside.shape, -1, np.int32)
        order[inside] = np.arange(len(corners))
        points = Points(*(s.astype(np.float32) for s in spread))
        return Chart(self.texels, points, order[nearest[0], nearest[1]], inside)


def rasterise_uvs(uvs: np.ndarray, uv_faces: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Face index (H, W), -1 outside, and barycentric weights (H, W, 3) of each texel centre."""
    corners = np.stack([uvs[:, 0] * size, (1 - uvs[:, 1]) * size], 1)[uv_faces].astype(np.float64)
    low = np.ceil(corners.min(1) - 0.5).astype(int).clip(0, size - 1)
    span = (np.floor(corners.max(1) - 0.5).astype(int).clip(0, size - 1) - low + 1).max(1)
    face = np.full((size, size), -1, np.int32)
    weights = np.zeros((size, size, 3), np.float32)
    order = np.argsort(-span, kind="stable")
    corners, low, span = corners[order], low[order], span[order]
    for dy in range(int(span.max())):
        for dx in range(int(span.max())):
            count = int(np.searchsorted(-span, -max(dx, dy), side="left"))
            column, row = low[:count, 0] + dx, low[:count, 1] + dy
            bary = _barycentric(corners[:count], np.stack([column + 0.5, row + 0.5], 1))
            hit = (bary >= -1e-6).all(1) & (column < size) & (row < size)
            face[row[hit], column[hit]] = order[:count][hit]
            weights[row[hit], column[hit]] = bary[hit]
    return face, weights


def _barycentric(corners: np.ndarray, point: np.ndarray) -> np.ndarray:
    a, b, c = corners[:, 0], corners[:, 1], corners[:, 2]
    area = _cross(b - a, c - a)
    area = np.where(np.abs(area) < 1e-12, np.inf, area)
    first, second = _cross(b - point, c - point) / area, _cross(c - point, a - point) / area
    weights = np.stack([first, second, 1 - first - second], 1)
    weights[~np.isfinite(area)] = -1
    return weights


def _cross(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]


def _patch(
    name: str,
    mesh: BaseMesh,
    groups: tuple[str, ...],
    keep: Float[np.ndarray, " vertices"] | None,
    texels: int,
    u_from: float = 0.0,
) -> Patch:
    """The faces of `groups` all of whose vertices have keep > 0 and u > u_from; their part of the UV square fills the texture."""
    faces = np.concatenate([mesh.faces[g] for g in groups])
    uv_faces = np.concatenate([mesh.uv_faces[g] for g in groups])
    if keep is not None:
        kept = (keep[faces] > 0).all(1) & (mesh.uvs[uv_faces, 0] > u_from).all(1)
        faces, uv_faces = faces[kept], uv_faces[kept]
    vertices, local = np.unique(faces, return_inverse=True)
    used, uv_local = np.unique(uv_faces, return_inverse=True)
    uvs = mesh.uvs[used].astype(np.float64)
    if name != "body":  # the body keeps its own layout: its topology comes from the body model
        low, high = uvs.min(0), uvs.max(0)
        margin = _MARGIN_TEXELS / texels
        uvs = margin + (uvs - low) / (high - low) * (1 - 2 * margin)
    shape = faces.shape
    return Patch(
        name, vertices, local.reshape(shape).astype(np.int32), uvs.astype(np.float32),
        uv_local.reshape(shape).astype(np.int32), texels,
    )  # fmt: skip


@lru_cache(maxsize=1)
def patches() -> dict[str, Patch]:
    """All patches by name: `body` (with eyes), `top`, `bottom`, `feet`, `skirt`, `hair`, `scalp`."""
    mesh = base_mesh()
    _, y, z = mesh.vertices.T
    arm = mesh.parts[:, 2] + mesh.parts[:, 3]
    leg_only = np.where(arm > 0.3, -1.0, 1.0)
    made = (
        _patch("body", mesh, ("body", "helper-l-eye", "helper-r-eye"), None, 512),
        _patch("top", mesh, ("helper-tights",), np.maximum(y + 0.14, arm - 0.3), 320),
        _patch("bottom", mesh, ("helper-tights",), np.minimum(leg_only, np.minimum(0.27 - y, y + 0.775)), 256),
        _patch("feet", mesh, ("helper-tights",), -0.50 - y, 256),
        _patch("skirt", mesh, ("helper-skirt",), None, 256),
        _patch("hair", mesh, ("helper-hair",), None, 256),
        _patch("scalp", mesh, ("body",), np.minimum(mesh.parts[:, 5] - 0.05, y - 0.60 - 1.3 * np.clip(z, 0, 0.12)), 256, 0.6),
    )
    return {p.name: p for p in made}


def get_patch(name: str) -> Patch:
    """A patch by name; StageError naming the known ones otherwise."""
    if name not in patches():
        raise StageError(f"patch '{name}' is not known; known: {', '.join(patches())}")
    return patches()[name]
