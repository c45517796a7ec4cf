"""Skin and face, painted on the body's own chart; where clothes cover it, it is cut away so that it cannot poke through."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, UInt8

from smpl_assets.textures.noise import noise
from smpl_assets.textures.palette import Colour
from smpl_assets.textures.patches import get_patch
from smpl_assets.textures.points import Points

_UNDER_CLOTH_M = 0.014
_EYE_HEIGHT_M, _EYE_SIDE_M, _EYE_FRONT_M = 0.7285, 0.0308, 0.125


@dataclass(frozen=True)
class Face:
    """Skin and what is painted on it.

    skin, hair, iris: sRGB 0..1; melanin: 0 fair .. 1 dark; stubble: 0..1 beard shadow, above 0.6 a full beard;
    lips: 0..1 redness; brows: 0..1 thickness; blush: 0..1; freckles: 0..1; age: 0..1 creases; socks: (height m, colour) or None.
    """

    skin: Colour
    melanin: float
    hair: Colour
    iris: Colour
    stubble: float = 0.0
    lips: float = 0.4
    brows: float = 0.5
    blush: float = 0.4
    freckles: float = 0.0
    age: float = 0.0
    sock_m: float = -1.0
    sock: Colour | None = None
    mix: Float[np.ndarray, " fields"] | None = None


def _bump(distance: np.ndarray, width: float) -> np.ndarray:
    return np.exp(-((distance / width) ** 2))


def _soft(edge: np.ndarray, width: float) -> np.ndarray:
    return np.clip(0.5 + edge / width, 0, 1)


def _blend(colour: np.ndarray, where: np.ndarray, other: Colour | np.ndarray) -> np.ndarray:
    return colour + where[:, None] * (other - colour)


def _complexion(face: Face, points: Points) -> np.ndarray:
    mix = face.mix
    assert mix is not None
    tone = 1 + 0.035 * noise("body", "broad", mix) + 0.02 * noise("body", "mottle", mix) + 0.012 * noise("body", "grain", mix)
    colour = face.skin * tone[:, None]
    x, y, z = points.side, points.y, points.z
    facing = (z > 0.1) & (y > 0.6)
    warm = facing * (
        0.55 * face.blush * _bump(np.hypot(x - 0.045, y - 0.695), 0.024) + 0.35 * _bump(np.hypot(x, y - 0.692), 0.016)
    )
    warm = (
        warm + 0.3 * np.maximum(points.part("hand"), points.part("foot")) + 0.35 * _bump(y + 0.38, 0.045) * (points.front > 0.2)
    )
    warm = warm + 0.30 * _bump(points.along_arm - 0.228, 0.03) * points.on_arm + 0.35 * (x > 0.074) * (y > 0.66) * (z < 0.08)
    redness = np.array([0.02, -0.10, -0.10]) * (1 - 0.55 * face.melanin)
    colour = colour * (1 + np.clip(warm, 0, 1)[:, None] * redness)
    pale = points.part("hand") * (points.normal[:, 1] < -0.1) + points.part("foot") * (y < -0.80)
    return _blend(colour, 0.35 * face.melanin * np.clip(pale, 0, 1), np.minimum(face.skin * 1.7 + 0.08, 0.8))


def _features(colour: np.ndarray, face: Face, points: Points) -> np.ndarray:
    """Brows, sockets, lashes, nostrils, lips, beard on the texels of the face."""
    rows = np.flatnonzero((points.z > 0.03) & (points.y > 0.585) & (points.part("head") > 0.2))
    x, y, z = points.side[rows], points.y[rows], points.z[rows]
    grain = noise("body", "mottle", face.mix)[rows] if face.mix is not None else np.zeros(len(rows))
    skin = colour[rows]
    front = z > 0.095
    dark = face.skin * 0.45
    socket = front * _bump(np.hypot((x - 0.031) / 1.6, y - 0.731), 0.0135)
    skin = _blend(
        skin, 0.30 * socket + 0.25 * front * _bump(np.hypot((x - 0.033) / 2, y - 0.716), 0.006) * (0.4 + face.age), dark
    )
    lash = (
        front
        * _soft(0.0042 - np.abs(y - 0.7355 - 0.9 * (0.0165 - np.abs(x - 0.031)) * 0.15), 0.003)
        * (np.abs(x - 0.031) < 0.0175)
    )
    skin = _blend(skin, 0.75 * lash, np.array([0.07, 0.05, 0.045]))
    arch = 0.7525 + 0.10 * np.clip(x - 0.014, 0, 0.022) - 0.22 * np.clip(x - 0.036, 0, 0.03)
    brow = (
        front
        * _soft((0.0022 + 0.003 * face.brows) - np.abs(y - arch - 0.0006 * grain), 0.004)
        * _soft(0.052 - x, 0.01)
        * _soft(x - 0.012, 0.006)
    )
    skin = _blend(skin, (0.55 + 0.3 * face.brows) * brow, face.hair * 0.8)
    nostril = front * _bump(np.hypot((x - 0.0085) / 1.3, y - 0.6835), 0.0042)
    wing = front * _bump(np.hypot(x - 0.018, (y - 0.690) / 1.6), 0.0045)
    skin = _blend(skin, 0.75 * nostril + 0.25 * wing, face.skin * 0.3)
    height = np.where(y > 0.661, 0.0105 - 0.0025 * _bump(x, 0.004), 0.0115)
    lips = front * _soft(1 - np.hypot(x / 0.0255, (y - 0.661) / height), 0.3)
    lip_colour = face.skin * np.array([0.92, 0.62, 0.60]) * (1 - 0.25 * face.lips) + face.lips * np.array([0.12, 0.0, 0.01])
    skin = _blend(skin, 0.75 * lips, lip_colour)
    skin = _blend(skin, 0.8 * front * _bump(y - 0.661, 0.0022) * _soft(0.026 - x, 0.004), face.skin * 0.28)
    beard = _beard(face, x, y, z) * np.clip(0.85 + 0.2 * grain, 0, 1) * (1 - lips)
    skin = _blend(skin, beard, 0.6 * face.hair + 0.4 * face.skin * 0.5)
    freckles = face.freckles * front * np.clip(grain - 0.9, 0, 1) * _bump(y - 0.70, 0.03)
    skin = _blend(skin, 0.5 * freckles, face.skin * np.array([0.75, 0.62, 0.5]))
    folds = (
        face.age
        * front
        * (
            _bump(x - 0.027 - 0.35 * (0.685 - y), 0.0035) * (y < 0.685) * (y > 0.655)
            + 0.5 * _bump((y % 0.012) - 0.006, 0.002) * (y > 0.765)
        )
    )
    colour[rows] = _blend(skin, 0.28 * folds, dark)
    return colour


def _beard(face: Face, x: np.ndarray, y: np.ndarray, z: np.ndarray) -> np.ndarray:
    jaw = _soft(0.686 - 0.55 * np.clip(x - 0.012, 0, 0.03) + 1.1 * np.clip(x - 0.05, 0, 0.05) - y, 0.016) * _soft(z - 0.035, 0.03)
    jaw = jaw * _soft(y - 0.598, 0.02)
    return face.stubble * 0.85 * jaw


def _eyes(colour: np.ndarray, face: Face, points: Points) -> np.ndarray:
    rows = np.flatnonzero(np.linalg.norm(points.position - [0, _EYE_HEIGHT_M, _EYE_FRONT_M], axis=1) < 0.06)
    centre = np.stack(
        [np.sign(points.x[rows]) * _EYE_SIDE_M, np.full(len(rows), _EYE_HEIGHT_M), np.full(len(rows), _EYE_FRONT_M)], 1
    )
    ray = points.position[rows] - centre
    ball = np.linalg.norm(ray, axis=1) < 0.0158
    angle = np.arctan2(np.hypot(ray[:, 0], ray[:, 1]), ray[:, 2])
    eye = np.full((len(rows), 3), [0.80, 0.77, 0.74]) * (1 - 0.35 * _bump(ray[:, 1] - 0.012, 0.008))[:, None]
    eye = _blend(eye, _soft(0.44 - angle, 0.10), face.iris)
    eye = _blend(eye, np.maximum(_soft(0.19 - angle, 0.08), 0.6 * _bump(angle - 0.44, 0.05)), np.array([0.02, 0.02, 0.02]))
    colour[rows[ball]] = eye[ball]
    return colour


def paint_body(
    face: Face, covered: Float[np.ndarray, " points"], shadow: Float[np.ndarray, " points"]
) -> UInt8[np.ndarray, "height width 4"]:
    """The body's texture (512, 512, 4).

    covered: (N,) m signed distance into tight clothing at the texels of the body's chart; well inside, the skin is cut away.
    shadow: (N,) m the same for any clothing; its edge throws a contact shadow.
    """
    chart = get_patch("body").chart
    points = chart.points
    colour = _features(_complexion(face, points), face, points)
    colour = _eyes(colour, face, points)
    if face.sock is not None:
        sock = _soft(face.sock_m - points.y, 0.008) * (points.part("foot") + points.part("leg") > 0.5)
        ribs = 1 - 0.12 * (np.sin(points.y * 900) > 0.3) - 0.1 * _bump(points.y - face.sock_m + 0.03, 0.004)
        colour = colour * (1 - sock)[:, None] + sock[:, None] * face.sock * ribs[:, None]
    colour = colour * (1 - 0.35 * np.exp(-np.clip(-shadow, 0, 1) / 0.012) * (shadow < 0.01))[:, None]
    alpha = _soft(_UNDER_CLOTH_M - covered, 0.012)
    return chart.image((np.concatenate([np.clip(colour, 0, 1), alpha[:, None]], 1) * 255 + 0.5).astype(np.uint8))
