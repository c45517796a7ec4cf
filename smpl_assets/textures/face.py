"""A painted face: brows, eyes, lashes, nostrils, lips, beard, creases. Places are those of the base mesh at rest."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from jaxtyping import Float32, Int

from smpl_assets.textures.noise import noise
from smpl_assets.textures.palette import Colour
from smpl_assets.textures.patches import get_patch

Colours = Float32[np.ndarray, "3 points"]
Share = Float32[np.ndarray, " points"]

_EYE_M = (0.0308, 0.7285, 0.125)  # centre of the left eyeball
_EYEBALL_M = 0.0158
_MOUTH_M = 0.661
_LID_M = 0.7355


@dataclass(frozen=True)
class Face:
    """Skin and what is painted on it.

    skin, hair, iris: sRGB 0..1; melanin: 0 fair .. 1 dark; mix: noise weights; stubble: 0..1 beard shadow, near 1 a full beard;
    lips: 0..1 redness; brows: 0..1 thickness; blush, freckles, age (creases): 0..1.
    """

    skin: Colour
    melanin: float
    hair: Colour
    iris: Colour
    mix: np.ndarray
    stubble: float = 0.0
    lips: float = 0.4
    brows: float = 0.5
    blush: float = 0.4
    freckles: float = 0.0
    age: float = 0.0


@dataclass(frozen=True)
class _FaceTexels:
    """Rows of the body's chart that lie on the face, and where: |x|, y, z in m; front: 0..1 on the face's front."""

    rows: Int[np.ndarray, " points"]
    x: Share
    y: Share
    z: Share
    front: Share


@dataclass(frozen=True)
class _EyeTexels:
    """Rows of the body's chart on the eyeballs: angle (rad) from straight ahead, height (m) over the eye's centre."""

    rows: Int[np.ndarray, " points"]
    angle: Share
    height: Share


@lru_cache(maxsize=1)
def _face_texels() -> _FaceTexels:
    points = get_patch("body").chart.points
    rows = np.flatnonzero((points.z > 0.03) & (points.y > 0.585) & (points.part("head") > 0.2))
    x, y, z = points.side[rows], points.y[rows], points.z[rows]
    return _FaceTexels(rows, x, y, z, (z > 0.095).astype(np.float32))


@lru_cache(maxsize=1)
def _eye_texels() -> _EyeTexels:
    points = get_patch("body").chart.points
    centre = np.stack([np.sign(points.x) * _EYE_M[0], np.full(len(points), _EYE_M[1]), np.full(len(points), _EYE_M[2])], 1)
    ray = points.position - centre
    rows = np.flatnonzero(np.linalg.norm(ray, axis=1) < _EYEBALL_M)
    ray = ray[rows].astype(np.float32)
    return _EyeTexels(rows, np.arctan2(np.hypot(ray[:, 0], ray[:, 1]), ray[:, 2]), ray[:, 1])


def bump(distance: np.ndarray, width: float) -> np.ndarray:
    """1 at distance 0, falling off as a Gaussian."""
    return np.exp(-((distance / np.float32(width)) ** 2))


def soft(edge: np.ndarray, width: float) -> np.ndarray:
    """0 outside, 1 inside, a ramp of `width` around the edge."""
    return np.clip(np.float32(0.5) + edge / np.float32(width), 0, 1)


def blend(colour: Colours, where: np.ndarray, other: Colour | np.ndarray) -> Colours:
    """`other` (3,) or (3, N) laid over `colour` with the share `where`."""
    share = where.astype(np.float32)
    for channel, its in zip(colour, np.asarray(other, np.float32), strict=True):
        channel += share * (its - channel)
    return colour


def paint_features(colour: Colours, face: Face) -> None:
    """Paint the face onto the skin's colours (3, N) of the body's chart, in place."""
    texels = _face_texels()
    grain = noise("body", "mottle", face.mix)[texels.rows]
    skin = np.take(colour, texels.rows, axis=1)
    _around_eyes(skin, face, texels, grain)
    _nose(skin, face, texels)
    lips = _mouth(skin, face, texels)
    blend(skin, _beard(face, texels) * np.clip(0.85 + 0.2 * grain, 0, 1) * (1 - lips), 0.6 * face.hair + 0.2 * face.skin)
    _age(skin, face, texels, grain)
    colour[:, texels.rows] = skin


def _around_eyes(skin: Colours, face: Face, at: _FaceTexels, grain: Share) -> None:
    x, y, front = at.x, at.y, at.front
    pouch = bump(np.hypot((x - 0.033) / 2, y - 0.716), 0.006) * (0.4 + face.age)
    socket = bump(np.hypot((x - 0.031) / 1.6, y - 0.731), 0.0135)
    blend(skin, front * (0.30 * socket + 0.25 * pouch), face.skin * 0.45)
    across = np.abs(x - 0.031)
    lash = front * soft(0.0042 - np.abs(y - _LID_M - 0.135 * (0.0165 - across)), 0.003) * (across < 0.0175)
    blend(skin, 0.75 * lash, np.array([0.07, 0.05, 0.045]))
    arch = 0.7525 + 0.10 * np.clip(x - 0.014, 0, 0.022) - 0.22 * np.clip(x - 0.036, 0, 0.03)
    thick = soft((0.0022 + 0.003 * face.brows) - np.abs(y - arch - 0.0006 * grain), 0.004)
    blend(skin, (0.55 + 0.3 * face.brows) * front * thick * soft(0.052 - x, 0.01) * soft(x - 0.012, 0.006), face.hair * 0.8)


def _nose(skin: Colours, face: Face, at: _FaceTexels) -> None:
    nostril = bump(np.hypot((at.x - 0.0085) / 1.3, at.y - 0.6835), 0.0042)
    wing = bump(np.hypot(at.x - 0.018, (at.y - 0.690) / 1.6), 0.0045)
    blend(skin, at.front * (0.75 * nostril + 0.25 * wing), face.skin * 0.3)


def _mouth(skin: Colours, face: Face, at: _FaceTexels) -> Share:
    """Paint the lips; where they are (N,)."""
    height = np.where(at.y > _MOUTH_M, 0.0105 - 0.0025 * bump(at.x, 0.004), 0.0115)
    lips = at.front * soft(1 - np.hypot(at.x / 0.0255, (at.y - _MOUTH_M) / height), 0.3)
    red = face.skin * np.array([0.92, 0.62, 0.60]) * (1 - 0.25 * face.lips) + face.lips * np.array([0.12, 0.0, 0.01])
    blend(skin, 0.75 * lips, red)
    blend(skin, 0.8 * at.front * bump(at.y - _MOUTH_M, 0.0022) * soft(0.026 - at.x, 0.004), face.skin * 0.28)
    return lips


def _beard(face: Face, at: _FaceTexels) -> Share:
    edge = 0.686 - 0.55 * np.clip(at.x - 0.012, 0, 0.03) + 1.1 * np.clip(at.x - 0.05, 0, 0.05)
    return 0.85 * face.stubble * soft(edge - at.y, 0.016) * soft(at.z - 0.035, 0.03) * soft(at.y - 0.598, 0.02)


def _age(skin: Colours, face: Face, at: _FaceTexels, grain: Share) -> None:
    freckles = face.freckles * at.front * np.clip(grain - 0.9, 0, 1) * bump(at.y - 0.70, 0.03)
    blend(skin, 0.5 * freckles, face.skin * np.array([0.75, 0.62, 0.5]))
    cheek = bump(at.x - 0.027 - 0.35 * (0.685 - at.y), 0.0035) * (at.y < 0.685) * (at.y > 0.655)
    forehead = 0.5 * bump((at.y % 0.012) - 0.006, 0.002) * (at.y > 0.765)
    blend(skin, 0.28 * face.age * at.front * (cheek + forehead), face.skin * 0.45)


def paint_eyes(colour: Colours, face: Face) -> None:
    """Paint both eyeballs onto the colours (3, N) of the body's chart, in place."""
    texels = _eye_texels()
    white = np.float32(1) - np.float32(0.6) * soft(texels.height - 0.003, 0.008)
    eye = np.array([0.66, 0.62, 0.60], np.float32)[:, None] * white
    blend(eye, soft(0.44 - texels.angle, 0.10), face.iris)
    blend(eye, np.maximum(soft(0.19 - texels.angle, 0.08), 0.6 * bump(texels.angle - 0.44, 0.05)), np.full(3, 0.02))
    colour[:, texels.rows] = eye
