"""A rendered person over its surroundings through one camera: ground shadow, composite, straight RGBA, background.

The shadow is made of vertices dropped onto the floor along the light: dark where people touch the floor; under one strong light
the rest of the body is seen in it too.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float, Float32, UInt8

from smpl_assets.render.protocol import Picture, RenderOutput
from smpl_assets.scene import Lighting, Person, SceneSpec
from smpl_assets.sensor import SRGB_TOE, add_noise, blur, expose

VERTEX_STRIDE = 4
LEAST_CELL_PX = 4
DENSITY = 0.35 / 4
SPREAD_M = 0.035
FADE_PER_M = 0.7
CAST = (0.15, 0.9)


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
    depth = float(np.median(scene.people[scene.subject].layers[0].vertices[::VERTEX_STRIDE, 2]))
    spread = SPREAD_M * float(scene.camera.intrinsics[0]) / max(depth, 0.2)
    cell = int(np.clip(spread, LEAST_CELL_PX, max(height, width)))
    dark = np.zeros((-(-height // cell), -(-width // cell)), np.float32)
    for person in scene.people:
        dark += _fallen(person, scene, np.asarray(scene.floor, np.float32), cell, dark.shape)
    kernels = (max(spread / cell, 0.6), max(3 * spread / cell, 1.2))
    found = _extent(dark, int(3 * kernels[1]) + 1)
    if found is None:
        return None
    dark = dark[found]
    soft = cv2.GaussianBlur(dark, (0, 0), kernels[0]) + 0.5 * cv2.GaussianBlur(dark, (0, 0), kernels[1])
    share = 1 - np.float32(scene.lighting.shadow_strength) * (1 - np.exp(-soft))
    left = np.rint(255 * share ** np.float32(1 / 2.4)).astype(np.uint8)  # sRGB's power: what light loses, values lose less
    left = cv2.resize(left, None, fx=cell, fy=cell, interpolation=cv2.INTER_LINEAR)
    rows, columns = (slice(s.start * cell, min(s.stop * cell, side)) for s, side in zip(found, (height, width), strict=True))
    return GroundShadow(rows, columns, left[: rows.stop - rows.start, : columns.stop - columns.start])


def _fallen(
    person: Person, scene: SceneSpec, floor: Float32[np.ndarray, "4"], cell: int, cells: tuple[int, int]
) -> Float32[np.ndarray, "rows columns"]:
    """Optical depth of the shadow on the floor (normal, offset) in each of the image's cells of `cell` px."""
    normal, offset = floor[:3], floor[3]
    points = person.layers[0].vertices[::VERTEX_STRIDE]
    above = points @ normal - offset
    x, y, z = _dropped(points, above, normal, scene.lighting)
    fx, fy, cx, cy = (np.float32(v / cell) for v in scene.camera.intrinsics)
    nearer = 1 / np.maximum(z, np.float32(0.2))
    column, row = np.floor(x * nearer * fx + cx), np.floor(y * nearer * fy + cy)
    inside = (column >= 0) & (column < cells[1]) & (row >= 0) & (row < cells[0]) & (above > -0.05)
    above = np.maximum(above[inside], 0)
    index = row[inside].astype(np.int32) * cells[1] + column[inside].astype(np.int32)
    count, touch, cast = (
        np.bincount(index, weight, cells[0] * cells[1]).astype(np.float32)
        for weight in (None, np.exp(above * np.float32(-9)), np.exp(above * np.float32(-FADE_PER_M)))
    )
    # Vertices lie dense in hands and faces and far apart on backs: what is cast counts cells that are met, not vertices.
    met = cast * -np.expm1(-count) / np.maximum(count, 1)
    return (VERTEX_STRIDE * DENSITY * touch + _cast_share(scene.lighting) * met).reshape(cells)


def _cast_share(light: Lighting) -> float:
    """Optical depth of what is cast from well above the floor: little under an even sky, much under one strong light."""
    low, high = CAST
    return low + (high - low) * min(max((light.shadow_strength - 0.5) / 0.3, 0.0), 1.0)


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


def compose(scene: SceneSpec, output: RenderOutput) -> Picture:
    """The scene as its sensor sees it: the background exposed and shaded, the person over it, blur and noise.

    `image` is `person` over `background` plus noise, so that a translated person can take the rendered one's place. Colours are
    mixed in 8-bit sRGB; light (exposure, shadows, the person's shading) is worked out in linear light.
    """
    spec = scene.sensor
    behind = blur(_surroundings(scene, output), spec)
    image, person = behind.copy(), np.zeros_like(output.subject)
    where = _around(output.bbox_amodal[scene.subject], 3 + int(3 * spec.defocus_px + spec.motion_px))
    subject = output.subject[where]
    if subject.size:
        person[where], image[where] = _over(blur(subject, spec), behind[where])
    return Picture(add_noise(image, spec), person, behind)


def _around(box: Float[np.ndarray, "4"], margin: int) -> tuple[slice, slice]:
    """Rows and columns of a box (xywh, px) and `margin` px around it; nothing for an empty one."""
    if box[2] == 0:
        return slice(0), slice(0)
    low, high = np.floor(box[:2]).astype(int) - margin, np.ceil(box[:2] + box[2:]).astype(int) + margin
    (left, top), (right, bottom) = np.maximum(low, 0), np.maximum(high, 0)
    return slice(top, bottom), slice(left, right)


def _over(
    subject: UInt8[np.ndarray, "h w 4"], behind: UInt8[np.ndarray, "h w 3"]
) -> tuple[UInt8[np.ndarray, "h w 4"], UInt8[np.ndarray, "h w 3"]]:
    """The person (premultiplied) with straight colours, and over the background."""
    red, green, blue, alpha = cv2.split(subject)
    opaque, clear = cv2.merge((alpha, alpha, alpha)), 255 - alpha
    colours = cv2.merge((red, green, blue))
    image = cv2.add(cv2.multiply(behind, cv2.merge((clear, clear, clear)), scale=1 / 255), colours)
    straight = cv2.divide(colours, opaque, scale=255)
    return cv2.merge((*cv2.split(straight), alpha)), image


def _surroundings(scene: SceneSpec, output: RenderOutput) -> UInt8[np.ndarray, "height width 3"]:
    """The exposed background with the shadow, other people and occluders."""
    behind = expose(scene.background, scene.sensor)
    shadow = ground_shadow(scene)
    if shadow is not None:
        shade_floor(behind, shadow)
    others = output.others
    if (len(scene.people) > 1 or scene.occluders) and others[..., 3].any():
        # Their coverage counts only what the subject leaves free; beside the subject's own share it is stretched to full.
        room = np.maximum(255 - output.subject[..., 3:].astype(np.float32), 1)
        cover = np.minimum(others / room, 1)
        behind = (behind * (1 - cover[..., 3:]) + 255 * cover[..., :3] + np.float32(0.5)).astype(np.uint8)
    return behind
