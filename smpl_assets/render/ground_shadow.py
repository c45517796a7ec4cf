"""The shadow that people cast on the floor: vertices dropped onto it along the light, near ones weighing most."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float, Float32, UInt8

from smpl_assets.scene import Lighting, Person, SceneSpec
from smpl_assets.sensor import SRGB_TOE

VERTEX_STRIDE = 4
CELL_PX = 4
DENSITY = 0.35 / 4
SPREAD_M = 0.035


@dataclass(frozen=True)
class GroundShadow:
    """Where in the image it lies (rows, columns), and what it leaves (h, w) of an 8-bit sRGB value there, 255: all."""

    rows: slice
    columns: slice
    left: UInt8[np.ndarray, "height width"]


def ground_shadow(scene: SceneSpec) -> GroundShadow | None:
    """The floor's shadow in a scene; None where there is no floor or nothing falls on it inside the image."""
    if scene.floor is None or scene.lighting.shadow_strength == 0:
        return None
    height, width = scene.background.shape[:2]
    cells = (-(-height // CELL_PX), -(-width // CELL_PX))
    dark = np.zeros(cells, np.float32)
    for person in scene.people:
        dark += _fallen(person, scene, cells)
    depth = float(np.median(scene.people[scene.subject].layers[0].vertices[::VERTEX_STRIDE, 2]))
    spread = SPREAD_M / CELL_PX * float(scene.camera.intrinsics[0]) / depth
    kernels = (max(spread, 0.6), max(3 * spread, 1.2))
    found = _extent(dark, int(3 * kernels[1]) + 1)
    if found is None:
        return None
    dark = dark[found]
    soft = cv2.GaussianBlur(dark, (0, 0), kernels[0]) + 0.5 * cv2.GaussianBlur(dark, (0, 0), kernels[1])
    share = 1 - np.float32(scene.lighting.shadow_strength) * (1 - np.exp(-soft * np.float32(DENSITY)))
    left = np.rint(255 * share ** np.float32(1 / 2.4)).astype(np.uint8)  # sRGB's power: what light loses, values lose less
    left = cv2.resize(left, None, fx=CELL_PX, fy=CELL_PX, interpolation=cv2.INTER_LINEAR)
    rows, columns = (
        slice(s.start * CELL_PX, min(s.stop * CELL_PX, side)) for s, side in zip(found, (height, width), strict=True)
    )
    return GroundShadow(rows, columns, left[: rows.stop - rows.start, : columns.stop - columns.start])


def _fallen(person: Person, scene: SceneSpec, cells: tuple[int, int]) -> Float32[np.ndarray, "height width"]:
    """Weights of the vertices that fall into each cell of the image."""
    assert scene.floor is not None
    normal, offset = np.asarray(scene.floor[:3], np.float32), np.float32(scene.floor[3])
    points = person.layers[0].vertices[::VERTEX_STRIDE]
    above = points @ normal - offset
    x, y, z = _dropped(points, above, normal, scene.lighting)
    fx, fy, cx, cy = (np.float32(v / CELL_PX) for v in scene.camera.intrinsics)
    nearer = 1 / np.maximum(z, np.float32(0.2))
    column, row = np.floor(x * nearer * fx + cx), np.floor(y * nearer * fy + cy)
    inside = (column >= 0) & (column < cells[1]) & (row >= 0) & (row < cells[0]) & (above > -0.05)
    above = np.maximum(above[inside], 0)
    weight = VERTEX_STRIDE * (np.exp(above * np.float32(-9)) + np.float32(0.12) * np.exp(above * np.float32(-1.5)))
    index = row[inside].astype(np.int32) * cells[1] + column[inside].astype(np.int32)
    return np.bincount(index, weight, cells[0] * cells[1]).reshape(cells).astype(np.float32)


def _dropped(
    points: Float[np.ndarray, "n 3"], above: Float[np.ndarray, " n"], normal: Float32[np.ndarray, "3"], light: Lighting
) -> Float32[np.ndarray, "3 n"]:
    """Points (metres, camera frame) moved onto the floor along the light."""
    towards = light.shadow_direction.astype(np.float32)
    drop = above / max(float(towards @ normal), 0.2)
    return points.T.astype(np.float32) - towards[:, None] * drop.astype(np.float32)


def _extent(dark: Float32[np.ndarray, "h w"], margin: int) -> tuple[slice, slice] | None:
    rows, columns = np.flatnonzero(dark.any(axis=1)), np.flatnonzero(dark.any(axis=0))
    if len(rows) == 0:
        return None
    sides = zip((rows, columns), dark.shape, strict=True)
    above, beside = (slice(max(int(a[0]) - margin, 0), min(int(a[-1]) + 1 + margin, side)) for a, side in sides)
    return above, beside


def shade_floor(image: UInt8[np.ndarray, "height width 3"], shadow: GroundShadow) -> None:
    """Darken an sRGB image in place as its linear light loses a share: (v + toe) f - toe, exact above sRGB's linear part."""
    patch = image[shadow.rows, shadow.columns]
    left = cv2.merge((shadow.left,) * 3)
    patch[...] = cv2.subtract(
        cv2.multiply(patch, left, scale=1 / 255), cv2.convertScaleAbs(255 - left, alpha=float(SRGB_TOE) / 255)
    )
