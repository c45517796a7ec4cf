"""Skin, painted on the body's own chart; where clothes cover it, it is cut away so that it cannot poke through."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from jaxtyping import Float, Int, UInt8

from smpl_assets.textures.base_mesh import Points
from smpl_assets.textures.face import Colours, Face, Share, blend, bump, paint_eyes, paint_features, soft
from smpl_assets.textures.hair import Hair
from smpl_assets.textures.noise import noise
from smpl_assets.textures.palette import Colour
from smpl_assets.textures.patches import get_patch

_UNDER_CLOTH_M = 0.014


@dataclass(frozen=True)
class Sock:
    """Height (m) that socks reach up to, and their colour (sRGB 0..1)."""

    top_m: float
    colour: Colour


@dataclass(frozen=True)
class _Regions:
    """Shares (N,) at the body's texels: flush of the cheeks, flush elsewhere, pale palms and soles, feet and legs."""

    cheeks: Share
    flushed: Share
    pale: Share
    foot: Share


@lru_cache(maxsize=1)
def _regions() -> _Regions:
    points = get_patch("body").chart.points
    x, y, z = points.side, points.y, points.z
    facing = (z > 0.1) & (y > 0.6)
    extremity = np.maximum(points.part("hand"), points.part("foot"))
    knee, elbow = bump(y + 0.38, 0.045) * (points.front > 0.2), bump(points.along_arm - 0.228, 0.03) * points.on_arm
    ear = (x > 0.074) & (y > 0.66) & (z < 0.08)
    nose = facing * bump(np.hypot(x, y - 0.692), 0.016)
    flushed = 0.4 * nose + 0.4 * extremity + 0.7 * knee + 0.6 * elbow + 0.4 * ear
    pale = points.part("hand") * (points.normal[:, 1] < -0.1) + points.part("foot") * (y < -0.80)
    cheeks = 0.55 * facing * bump(np.hypot(x - 0.045, y - 0.695), 0.024)
    foot = points.part("foot") + points.part("leg") > 0.5
    return _Regions(*(a.astype(np.float32) for a in (cheeks, flushed, np.clip(pale, 0, 1), foot)))


def _complexion(face: Face) -> Colours:
    regions = _regions()
    mottle = noise("body", "mottle", face.mix)
    tone = 1 + 0.04 * noise("body", "broad", face.mix) + 0.03 * mottle
    tone += 0.015 * noise("body", "grain", face.mix)
    blood = 0.25 * noise("body", "broad", face.mix[::-1]) + 0.2 * np.clip(mottle, -1, 1)
    warm = np.clip(face.blush * regions.cheeks + regions.flushed + blood, -0.4, 1.1)
    redness = np.array([0.02, -0.13, -0.13]) * (1 - 0.55 * face.melanin)
    colour = np.empty((3, len(tone)), np.float32)
    for channel in range(3):
        colour[channel] = np.float32(face.skin[channel]) * tone * (1 + np.float32(redness[channel]) * warm)
    return blend(colour, np.float32(0.35 * face.melanin) * regions.pale, np.minimum(face.skin * 1.7 + 0.08, 0.8))


def _pull_on(colour: Colours, sock: Sock) -> None:
    points = get_patch("body").chart.points
    rows = np.flatnonzero((_regions().foot > 0) & (points.y < sock.top_m + 0.01))
    y = points.y[rows]
    ribs = 1 - 0.12 * (np.sin(y * 900) > 0.3) - 0.1 * bump(y - sock.top_m + 0.03, 0.004)
    colour[:, rows] = blend(np.take(colour, rows, axis=1), soft(sock.top_m - y, 0.008), sock.colour[:, None] * ribs)


@lru_cache(maxsize=1)
def _head() -> tuple[Int[np.ndarray, " points"], Points, Share]:
    """Rows of the body's chart on the head where hair may grow, their places, and how far (m) roots stray there."""
    points = get_patch("body").chart.points
    face = (points.z > 0.085) & (points.y < 0.755)
    rows = np.flatnonzero((points.part("head") > 0.3) & (points.y > 0.6) & ~face & ~((points.side > 0.074) & (points.y < 0.75)))
    stray = 0.002 + 0.004 * noise("body", "mottle", np.eye(6)[0])[rows]
    return rows, Points(points.position[rows], points.normal[rows], points.parts[rows]), stray.astype(np.float32)


def _root(colour: Colours, hair: Hair) -> None:
    """Fine hair and roots on the skin around the hairline, so that the shell's edge is no line; cropped hair below a cap."""
    rows, points, stray = _head()
    share = 0.75 * soft(hair.inside(points) + stray, 0.022)
    colour[:, rows] = blend(np.take(colour, rows, axis=1), share, hair.colour)


def paint_body(
    face: Face, sock: Sock | None, covered: Float[np.ndarray, " points"], shadow: Float[np.ndarray, " points"], hair: Hair
) -> UInt8[np.ndarray, "height width 4"]:
    """The body's texture (512, 512, 4).

    covered: (N,) m signed distance into tight clothing at the texels of the body's chart; well inside, the skin is cut away.
    shadow: (N,) m the same for any clothing; its edge throws a contact shadow.
    hair: its roots show on the skin around the hairline.
    """
    colour = _complexion(face)
    paint_features(colour, face)
    paint_eyes(colour, face)
    if hair.style != "bald":
        _root(colour, replace(hair, style="short") if hair.style in ("cap", "beanie") else hair)
    if sock is not None:
        _pull_on(colour, sock)
    rows = np.flatnonzero((shadow < 0.01) & (shadow > -0.06))
    colour[:, rows] *= (1 - 0.35 * np.exp(-np.clip(-shadow[rows], 0, 1) / 0.012)).astype(np.float32)
    return get_patch("body").chart.paint(colour, soft(_UNDER_CLOTH_M - covered, 0.012))
