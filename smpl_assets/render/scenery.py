"""Built-in places without people: rooms, halls, streets, lawns, courts, beaches, painted in linear light from a seed."""

from __future__ import annotations

import cv2
import numpy as np
from jaxtyping import Float, UInt8

from smpl_assets.render import scenery_materials as materials
from smpl_assets.render.scenery_materials import Fields, Material
from smpl_assets.render.scenery_view import FAR_M, Real, View, box, floor, look, plane, put, window
from smpl_assets.sensor import shoulder, to_srgb

Colour = Float[np.ndarray, "3"]


def tint(rng: np.random.Generator, low: Real, high: Real, saturation: Real = 0.12) -> Colour:
    """A random linear colour of a brightness between `low` and `high`: mostly muted, one in eight at full saturation."""
    strength = saturation * (1.6 if rng.random() < 0.125 else 0.55)
    warm = np.array([0.35, 0.0, -0.45]) * rng.uniform(-0.4, 1.0) * saturation
    return np.clip(rng.uniform(low, high) * (1 + strength * rng.standard_normal(3) + warm), 0.012, 0.9).astype(np.float32)


_WOOD = np.array([[0.32, 0.19, 0.10], [0.45, 0.31, 0.18], [0.18, 0.10, 0.055], [0.55, 0.42, 0.29]], np.float32)


def wood(rng: np.random.Generator) -> Colour:
    """A wood's colour."""
    return np.asarray(_WOOD[rng.integers(len(_WOOD))] * rng.uniform(0.7, 1.2), np.float32)


def sky(view: View, rng: np.random.Generator, fields: Fields) -> None:
    """A sky behind everything: blue or overcast, paler at the horizon, with clouds."""
    up = np.clip(view.horizon, 0, 1)[..., None]
    blue, overcast = np.array([0.16, 0.33, 0.72]), np.array([0.62, 0.66, 0.72])
    cover = rng.random() ** 1.2
    zenith = blue * (1 - cover) + overcast * cover
    pale = np.array([0.75, 0.8, 0.86]) * rng.uniform(0.8, 1.1)
    colour = pale * (1 - up**0.6) + zenith * up**0.6
    far = view.rays / np.maximum(view.rays[..., 1:2], 0.04)
    clouds = fields.smooth(far[..., 0].ravel(), far[..., 2].ravel(), 9.0) + 0.6 * fields.rough(
        far[..., 0].ravel(), far[..., 2].ravel(), 9.0
    )
    share = np.clip(clouds.reshape(view.depth.shape) * 0.9 + cover - 0.45, 0, 1)[..., None] * np.clip(up * 6, 0, 1)
    view.colour[:] = colour * (1 - share) + np.array([0.92, 0.93, 0.95]) * rng.uniform(0.8, 1.0) * share


def lay(view: View, axis: int, at: Real, material: Material, light: Real = 1.0) -> None:
    """Paint a whole plane where it is the nearest thing."""
    hit = plane(view, axis, at)
    if hit.mask.any():
        put(view, hit, (material(hit.u, hit.v, hit.depth) * np.float32(light)).astype(np.float32))


def stand(
    view: View,
    low: tuple[Real, Real, Real],
    size: tuple[Real, Real, Real],
    material: Material,
    turn: Real,
    sun: np.ndarray,
) -> None:
    """Put a box: lit per face by `sun` (side, top, front), darkened towards the floor, with a soft shadow on what lies below."""
    low3 = np.array(low, np.float32)
    high3 = low3 + np.array(size, np.float32)
    _contact(view, (low3 + high3) / 2, np.array(size), turn)
    for side, hit in box(view, low3, high3, turn):
        shade = {1: sun[0], 2: sun[1], 3: sun[2]}[abs(side)] * (1.0 if side > 0 else 0.8)
        lift = np.clip(0.75 + 0.4 * hit.v, 0.75, 1) if abs(side) != 2 else 1.0
        put(view, hit, (material(hit.u, hit.v, hit.depth) * (np.float32(shade) * np.reshape(lift, (-1, 1)))).astype(np.float32))


def _contact(view: View, middle: np.ndarray, size: np.ndarray, turn: Real) -> None:
    """Darken the floor around a box that stands on it."""
    if middle[1] - size[1] / 2 > 0.6 or min(size[0], size[2]) < 0.15:
        return
    around = np.array([1.0, 0.0, 1.0]) * (size / 2 + 0.3 + 0.45 * min(size[1], 2.0))
    covered = window(view, middle * [1, 0, 1] - around, middle * [1, 0, 1] + around, turn)
    if covered is None:
        return
    below = floor(view, *covered)
    x, z = below.u - middle[0], below.v - middle[2]
    c, s = np.cos(turn), np.sin(turn)
    dx = np.maximum(np.abs(c * x - s * z) - size[0] / 2, 0)
    dz = np.maximum(np.abs(s * x + c * z) - size[2] / 2, 0)
    near = np.exp(-np.hypot(dx, dz) / (0.12 + 0.15 * min(size[1], 2.0)))
    view.colour[covered][below.mask] *= (1 - 0.55 * near)[:, None].astype(np.float32)


def dapple(view: View, rng: np.random.Generator, fields: Fields, strength: Real) -> None:
    """Shadows of trees and clouds on the floor."""
    below = floor(view)
    x, z = below.u, below.v
    size = rng.uniform(6, 25)
    field = fields.smooth(x, z * 0.6, size) + 0.5 * fields.rough(x, z * 0.6, 0.5 * size)
    share = np.clip((field - rng.uniform(-0.3, 0.6)) * 4, 0, 1) * strength
    view.colour[below.mask] *= (1 - share[:, None] * np.array([0.85, 0.8, 0.7])).astype(np.float32)


def haze(view: View, colour: np.ndarray, reach_m: Real) -> None:
    """Air between the camera and far things."""
    share = (1 - np.exp(-np.minimum(view.depth, 400) / reach_m))[..., None] * (view.depth < FAR_M)[..., None]
    view.colour[:] = view.colour * (1 - share) + np.asarray(colour, np.float32) * share


def trees(view: View, rng: np.random.Generator, fields: Fields, distance: Real, count: int, height: Real) -> None:
    """A row of crowns and trunks at about this distance, as upright cards cut out by noise."""
    leaves = materials.foliage(
        fields, np.array([0.05, 0.09, 0.025]) * rng.uniform(0.7, 1.4), np.array([0.16, 0.24, 0.06]) * rng.uniform(0.7, 1.3)
    )
    for _ in range(count):
        z, x = distance * rng.uniform(0.8, 1.3), rng.uniform(-1.3, 1.3) * distance
        tall, wide = height * rng.uniform(0.6, 1.3), height * rng.uniform(0.3, 0.6)
        bark = np.array([0.09, 0.07, 0.05], np.float32) * rng.uniform(0.6, 1.6)
        trunk = materials.gravel(fields, bark, 0.4)
        stand(view, (x - 0.03 * tall, 0.0, z), (0.05 * tall, 0.6 * tall, 0.05 * tall), trunk, 0.0, np.array([0.8, 1.0, 0.9]))
        low = np.array([x - 1.2 * wide, 0.2 * tall, z], np.float32)
        cards = box(view, low, low + np.array([2.4 * wide, 0.95 * tall, 0.01], np.float32), 0.0)
        hit = next((h for side, h in cards if abs(side) == 3), None)
        if hit is None:
            continue
        dx, dy = hit.u / wide - 1.2, (hit.v - 0.46 * tall) / (0.36 * tall)
        ragged = 0.22 * fields.rough(hit.u, hit.v, 3.0) + 0.16 * fields.rough(hit.v, hit.u, 0.8)
        inside = dx * dx + dy * dy + ragged < 0.8
        rows = np.flatnonzero(hit.mask.ravel())[inside]
        lit = (0.75 + 0.35 * np.clip(dy[inside] + 0.4 * dx[inside], -1, 1))[:, None]
        view.colour.reshape(-1, 3)[rows] = leaves(hit.u[inside], hit.v[inside], hit.depth[inside]) * lit
        view.depth.reshape(-1)[rows] = hit.depth[inside]


def finish(
    view: View, rng: np.random.Generator, focus_m: Real, aperture: Real, exposure: Real
) -> UInt8[np.ndarray, "height width 3"]:
    """Depth of field about `focus_m`, vignette, exposure to a mean of about `exposure`, sRGB bytes."""
    image = view.colour
    spread = aperture * np.abs(1 - focus_m / np.maximum(view.depth, 0.3))
    blurred = [
        image,
        cv2.GaussianBlur(image, (0, 0), 1.2),
        cv2.GaussianBlur(image, (0, 0), 2.6),
        cv2.GaussianBlur(image, (0, 0), 5.0),
    ]
    stops = np.array([0.3, 1.2, 2.6, 5.0], np.float32)
    smooth = cv2.GaussianBlur(spread.astype(np.float32), (0, 0), 1.5)
    place = np.interp(smooth, stops, np.arange(4)).astype(np.float32)
    image = sum(np.clip(1 - np.abs(place - k), 0, 1)[..., None] * layer for k, layer in enumerate(blurred))
    height, width = view.depth.shape
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    corner = ((x / width - 0.5) ** 2 + (y / height - 0.5) ** 2)[..., None]
    image = image * (1 - rng.uniform(0.1, 0.5) * corner)
    image = image * np.float32(exposure / max(float(np.median(image.mean(axis=2))), 0.02)) ** 0.6
    pivot = np.float32(exposure)
    image = pivot * (np.maximum(image, 0) / pivot) ** np.float32(rng.uniform(1.05, 1.4))
    return (to_srgb(shoulder(image.astype(np.float32))) * np.float32(255) + np.float32(0.5)).astype(np.uint8)


def new_view(
    rng: np.random.Generator, size: tuple[int, int], eye: tuple[Real, Real], pitch: tuple[Real, Real]
) -> tuple[View, Fields]:
    """A camera and the noise fields of its scene."""
    return look(rng, size[0], size[1], eye, pitch), Fields(rng)
