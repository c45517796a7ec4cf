"""A camera in a world of floors, walls and boxes: which surface each pixel sees, and where on it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Bool, Float

FAR_M = 1.0e4
Real = float | int


@dataclass(frozen=True)
class Light:
    """Light of a place, linear RGB irradiance.

    towards: unit vector to the sun (world axes); sun: at normal incidence; sky: from above; bounce: from below and around.
    """

    towards: Float[np.ndarray, "3"] = field(default_factory=lambda: np.array([0.0, 1.0, 0.0]))
    sun: Float[np.ndarray, "3"] = field(default_factory=lambda: np.zeros(3))
    sky: Float[np.ndarray, "3"] = field(default_factory=lambda: np.ones(3))
    bounce: Float[np.ndarray, "3"] = field(default_factory=lambda: np.full(3, 0.6))

    def on(self, normal: Float[np.ndarray, "*shape 3"]) -> Float[np.ndarray, "*shape 3"]:
        """Irradiance on surfaces with these unit normals."""
        up = 0.5 + 0.5 * normal[..., 1:2]
        return up * self.sky + (1 - up) * self.bounce + np.clip(normal @ self.towards, 0, None)[..., None] * self.sun


@dataclass
class View:
    """What each pixel sees so far.

    World: x right, y up, z forward, metres; the camera stands at (0, eye, 0).

    rays: (H, W, 3) directions with unit depth before turning. depth: (H, W) distance along the ray, FAR_M where nothing is.
    colour: (H, W, 3) linear. sunlit: (H, W) share of the sun that reaches the floor.
    """

    rays: Float[np.ndarray, "height width 3"]
    eye: float
    focal: float
    depth: Float[np.ndarray, "height width"]
    colour: Float[np.ndarray, "height width 3"]
    sunlit: Float[np.ndarray, "height width"]
    light: Light = field(default_factory=Light)

    @property
    def horizon(self) -> Float[np.ndarray, "height width"]:
        """Sine-like height of each ray: positive looks up."""
        return self.rays[..., 1] / np.linalg.norm(self.rays, axis=2)


def look(rng: np.random.Generator, height: int, width: int, eye: tuple[Real, Real], pitch_deg: tuple[Real, Real]) -> View:
    """A camera at a random height (m), pitch (degrees, negative looks down), yaw and field of view."""
    focal = width / (2 * np.tan(np.deg2rad(rng.uniform(45, 70)) / 2))
    x, y = np.meshgrid(np.arange(width) + 0.5 - width / 2, height / 2 - np.arange(height) - 0.5)
    pitch, yaw = np.deg2rad(rng.uniform(*pitch_deg)), np.deg2rad(rng.uniform(-40, 40))
    up, forward = y * np.cos(pitch) + focal * np.sin(pitch), focal * np.cos(pitch) - y * np.sin(pitch)
    rays = np.stack([x * np.cos(yaw) + forward * np.sin(yaw), up, forward * np.cos(yaw) - x * np.sin(yaw)], axis=2) / focal
    return View(
        rays.astype(np.float32),
        float(rng.uniform(*eye)),
        float(focal),
        np.full((height, width), FAR_M, np.float32),
        np.zeros((height, width, 3), np.float32),
        np.ones((height, width), np.float32),
    )


@dataclass(frozen=True)
class Hit:
    """Pixels that a surface covers: where (mask over the image) and the surface's own coordinates there (m)."""

    mask: Bool[np.ndarray, "height width"]
    u: Float[np.ndarray, " hits"]
    v: Float[np.ndarray, " hits"]
    depth: Float[np.ndarray, " hits"]


def plane(view: View, axis: int, at: Real) -> Hit:
    """Where the plane `axis` = `at` is the nearest surface; u, v are its other two coordinates (x or z first, y last)."""
    origin = (0.0, view.eye, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        t = (at - origin[axis]) / view.rays[..., axis]
    mask = (t > 0.05) & (t < view.depth)
    first, second = {0: (2, 1), 1: (0, 2), 2: (0, 1)}[axis]
    rays, t = view.rays[mask], t[mask]
    return Hit(mask, origin[first] + t * rays[:, first], origin[second] + t * rays[:, second], t)


def floor(view: View, rows: slice = slice(None), columns: slice = slice(None)) -> Hit:
    """Where the floor (y = 0) is what the given rows and columns see; u, v are x and z; the mask has their shape."""
    rays, depth = view.rays[rows, columns], view.depth[rows, columns]
    down = np.minimum(rays[..., 1], -1e-3)
    t = -view.eye / down
    mask = (np.abs(t - depth) < 0.02 * t) & (rays[..., 1] < -1e-3)
    seen, t = rays[mask], t[mask]
    return Hit(mask, t * seen[:, 0], t * seen[:, 2], t)


def put(view: View, hit: Hit, colour: Float[np.ndarray, "hits 3"]) -> None:
    """Paint a surface where it was hit."""
    view.depth[hit.mask] = hit.depth
    view.colour[hit.mask] = colour


def box(view: View, low: Float[np.ndarray, "3"], high: Float[np.ndarray, "3"], turn: Real) -> list[tuple[int, Hit]]:
    """The faces of a box (turned about its vertical axis by `turn` rad) that are nearest: (axis with sign, hit) each.

    The first of pair is +-1 (side, x), +-2 (top and bottom, y), +-3 (front and back, z); u, v are metres on that face.
    """
    middle = (low + high) / 2
    c, s = np.cos(turn), np.sin(turn)
    covered = window(view, low, high, turn)
    if covered is None:
        return []
    rows, columns = covered
    rays = view.rays[rows, columns]
    local = np.stack([c * rays[..., 0] - s * rays[..., 2], rays[..., 1], s * rays[..., 0] + c * rays[..., 2]], axis=2)
    offset = np.array([-middle[0], view.eye - middle[1], -middle[2]])
    start = np.array([c * offset[0] - s * offset[2], offset[1], s * offset[0] + c * offset[2]], np.float32)
    half = ((high - low) / 2).astype(np.float32)
    near, far = slabs(start, local, half)
    entry, leave = near.max(axis=2), far.min(axis=2)
    hit = (entry < leave) & (entry > 0.05) & (entry < view.depth[rows, columns])
    axis = near.argmax(axis=2)
    faces = []
    for a in range(3):
        inside = hit & (axis == a)
        if not inside.any():
            continue
        point = start + entry[inside][:, None] * local[inside]
        sign = -int(np.sign(local[inside][0, a])) or 1
        mask = np.zeros(view.depth.shape, bool)
        mask[rows, columns] = inside
        first, second = {0: (2, 1), 1: (0, 2), 2: (0, 1)}[a]
        u, v = point[:, first] + half[first], point[:, second] + half[second]
        faces.append((sign * (a + 1), Hit(mask, u.astype(np.float32), v.astype(np.float32), entry[inside])))
    return faces


def slabs(
    start: Float[np.ndarray, "*#shape 3"], ray: Float[np.ndarray, "*#shape 3"], half: Float[np.ndarray, "3"]
) -> tuple[Float[np.ndarray, "*shape 3"], Float[np.ndarray, "*shape 3"]]:
    """Where rays enter and leave the three pairs of planes of a box about the origin, in lengths of the ray."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return (-np.sign(ray) * half - start) / ray, (np.sign(ray) * half - start) / ray


def window(view: View, low: np.ndarray, high: np.ndarray, turn: Real) -> tuple[slice, slice] | None:
    """Image rows and columns that a box may cover: all where a corner lies behind the camera, None if it is out of sight."""
    height, width = view.depth.shape
    middle, c, s = (low + high) / 2, np.cos(turn), np.sin(turn)
    corners = np.array([[x, y, z] for x in (low[0], high[0]) for y in (low[1], high[1]) for z in (low[2], high[2])]) - middle
    world = (
        np.stack([c * corners[:, 0] + s * corners[:, 2], corners[:, 1], -s * corners[:, 0] + c * corners[:, 2]], axis=1) + middle
    )
    world[:, 1] -= view.eye
    basis = _basis(view)
    seen = world @ basis.T
    if (seen[:, 2] <= 0.05).all():
        return None
    if (seen[:, 2] <= 0.05).any():
        return slice(0, height), slice(0, width)
    x, y = view.focal * seen[:, 0] / seen[:, 2] + width / 2, height / 2 - view.focal * seen[:, 1] / seen[:, 2]
    x0, x1 = max(int(x.min()) - 1, 0), min(int(x.max()) + 2, width)
    y0, y1 = max(int(y.min()) - 1, 0), min(int(y.max()) + 2, height)
    return (slice(y0, y1), slice(x0, x1)) if x0 < x1 and y0 < y1 else None


def _basis(view: View) -> np.ndarray:
    """Rows: the camera's right, up and forward in the world, from its corner rays."""
    right, up = view.rays[0, -1] - view.rays[0, 0], view.rays[0, 0] - view.rays[-1, 0]
    right, up = right / np.linalg.norm(right), up / np.linalg.norm(up)
    middle = view.rays[view.rays.shape[0] // 2, view.rays.shape[1] // 2]
    forward = np.cross(right, up)  # the world is left-handed, so this may point backward
    return np.stack([right, up, forward * np.sign(forward @ middle)])
