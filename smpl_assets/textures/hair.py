"""Hair and headgear: a shell over the scalp, lifted off it along the normals, and the long hair of the helper mesh."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, UInt8

from smpl_assets.textures.base_mesh import Points
from smpl_assets.textures.noise import noise
from smpl_assets.textures.palette import Colour
from smpl_assets.textures.patches import get_patch

STYLES = ("bald", "buzz", "short", "crop", "medium", "afro", "bun", "bob", "long", "cap", "beanie")
# (lift at the sides, lift on top, m) of each style's shell.
_LIFT = {
    "buzz": (0.002, 0.004), "short": (0.006, 0.020), "crop": (0.010, 0.026), "medium": (0.020, 0.032), "afro": (0.050, 0.062),
    "bun": (0.006, 0.012), "bob": (0.014, 0.020), "long": (0.010, 0.018), "cap": (0.010, 0.026), "beanie": (0.014, 0.030),
}  # fmt: skip
_FALL_M = {"bob": 0.60, "long": 0.38}


@dataclass(frozen=True)
class Hair:
    """One head of hair.

    style: one of STYLES; colour: sRGB 0..1; fall_m: height at which falling hair ends (`bob`, `long`); recede: 0..1 how far the
    temples recede; cloth: colour of a cap or beanie; wave: 0..1 unruliness; mix: noise weights.
    """

    style: str
    colour: Colour
    mix: Float[np.ndarray, " fields"]
    fall_m: float
    recede: float
    cloth: Colour
    wave: float

    @property
    def parting_m(self) -> float:
        """Where the hair is parted: metres to the body's left."""
        return float(np.clip(0.02 * self.mix[0], -0.03, 0.03))

    @property
    def gloss(self) -> tuple[float, float]:
        """Roughness and specular reflectance of the shell."""
        return (0.8, 0.015) if self.style in ("cap", "beanie", "afro", "buzz") else (0.58, 0.03)

    @property
    def covers_ears(self) -> bool:
        """Whether the shell hides the ears."""
        return self.style in ("medium", "afro", "bob", "long")

    def lift(self, points: Points) -> Float[np.ndarray, " points"]:
        """Distance (N,) m of the shell from the scalp at places on the head."""
        sides, top = _LIFT[self.style]
        share = np.clip((points.y - 0.70) / 0.12, 0, 1)
        lift = sides + (top - sides) * share**1.3
        if self.style == "bun":
            lift = lift + 0.038 * np.exp(-((np.linalg.norm(points.position - [0, 0.785, -0.045], axis=1) / 0.040) ** 4))
        if self.style not in ("buzz", "cap", "beanie"):
            tousled = noise("scalp", "broad", self.mix, "vertices") + 0.8 * noise("scalp", "tuft", self.mix, "vertices")
            lift = lift * np.clip(1 + 0.4 * self.wave * tousled, 0.3, 2)
        edge = np.clip(self.inside(points) / (0.045 if self.style == "afro" else 0.02), 0.12, 1)
        return np.maximum(lift * edge, 0.0015)

    def inside(self, points: Points) -> Float[np.ndarray, " points"]:
        """Signed distance (N,) m from the hairline (or the cap's edge) into the hair."""
        if self.style in ("cap", "beanie"):
            rim = 0.772 if self.style == "cap" else 0.758
            return points.y - rim - 0.12 * np.clip(points.z - 0.0, -0.1, 0.15)
        line = np.interp(
            points.z,
            [-0.05, -0.02, 0.01, 0.03, 0.055, 0.075, 0.1, 0.125, 0.145],
            [0.622, 0.632, 0.665, 0.70, 0.725, 0.765, 0.786, 0.797, 0.806],
        ).astype(np.float32)
        line = line + self.recede * 0.045 * np.clip((points.z - 0.05) / 0.05, 0, 1) * np.clip(points.side / 0.03, 0.25, 1)
        inside = points.y - line
        if not self.covers_ears:
            ear = np.hypot((points.y - 0.722) / 0.040, (points.z - 0.030) / 0.034)
            inside = np.where(points.side > 0.068, np.minimum(inside, 0.035 * (ear - 1)), inside)
        return inside


def _strands(hair: Hair, patch: str, points: Points) -> np.ndarray:
    """Colour (3, N) of hair: streaks along the fall, a band of shine, dark roots at the nape."""
    streak = noise(patch, "strand", hair.mix)
    clump = noise(patch, "drape", hair.mix[::-1])
    shine = np.exp(-(((points.y - 0.815 - 0.006 * clump) / 0.016) ** 2)) + 0.5 * np.exp(-(((points.y - 0.60) / 0.05) ** 2))
    lock = noise(patch, "lock", hair.mix)
    tone = 1 + 0.36 * streak + 0.14 * clump + 0.16 * lock - 0.15 * np.clip(-lock - 0.5, 0, 1)
    if hair.style == "afro":
        tone = 1 + 0.22 * noise(patch, "grain" if patch == "scalp" else "strand", hair.mix)
        shine = shine * 0
    colour = hair.colour[:, None] * np.clip(tone, 0.35, 1.8)
    lowlight = 1 - 0.35 * np.clip((0.70 - points.y) / 0.1, 0, 1) * (points.z < 0.05)
    lights = 0.09 * np.clip(shine, 0, 1) * np.clip(0.7 + 0.5 * streak + 0.4 * lock, 0, 2) + 0.02 * np.clip(
        streak + lock - 0.6, 0, 2
    )
    parting = 0.45 * np.exp(-(((points.x - hair.parting_m) / 0.0028) ** 2)) * (points.z > -0.02) * (points.y > 0.78)
    return (colour + lights * (0.35 + hair.colour[:, None])) * (lowlight * (1 - parting * (hair.style != "afro")))


def _cloth(hair: Hair, points: Points) -> np.ndarray:
    """Colour (3, N) of a cap or beanie."""
    cloth = hair.cloth[:, None]
    tone = 1 + 0.04 * noise("scalp", "grain", hair.mix) + 0.05 * noise("scalp", "fold", hair.mix)
    if hair.style == "beanie":
        angle = np.arctan2(points.x, points.z - 0.04)
        tone = (
            tone * (1 - 0.22 * (np.sin(angle * 46) > 0.35)) * (1 - 0.3 * np.exp(-(((hair.inside(points) - 0.045) / 0.004) ** 2)))
        )
    else:
        angle = np.arctan2(points.x, points.z - 0.04)
        tone = tone * (1 - 0.22 * np.exp(-((np.sin(3 * angle) / 0.05) ** 2)))
        badge = np.clip(1.6 - np.hypot(points.x / 0.020, (points.y - 0.822) / 0.012), 0, 1) * (points.z > 0.08)
        return cloth * tone * (1 - badge) + badge * (1 - cloth) * 0.8
    return cloth * tone


def paint_shell(hair: Hair) -> UInt8[np.ndarray, "height width 4"]:
    """Texture of the shell over the scalp."""
    chart = get_patch("scalp").chart
    points = chart.points
    inside = hair.inside(points)
    if hair.style in ("cap", "beanie"):
        colour = _cloth(hair, points)
    else:
        colour = _strands(hair, "scalp", points)
        inside = inside + 0.003 * noise("scalp", "strand", hair.mix) + 0.004 * noise("scalp", "lock", hair.mix)
    alpha = np.clip(0.5 + inside / 0.008, 0, 1)
    if hair.style == "buzz":
        alpha = alpha * 0.9
    return chart.paint(colour, alpha)


def paint_fall(hair: Hair) -> UInt8[np.ndarray, "height width 4"]:
    """Texture of the falling hair of the helper mesh, ragged at its end."""
    chart = get_patch("hair").chart
    points = chart.points
    ragged = 0.03 * noise("hair", "strand", hair.mix) + 0.02 * noise("hair", "drape", hair.mix)
    face = np.where((points.z > 0.06) & (points.side < 0.075), points.y - 0.80, 1.0)
    alpha = np.clip(0.5 + np.minimum(points.y - hair.fall_m + ragged, face) / 0.012, 0, 1)
    return chart.paint(_strands(hair, "hair", points), alpha)


def fall_height(style: str, rng: np.random.Generator) -> float:
    """Where the falling hair of a style ends, m."""
    return _FALL_M[style] + float(rng.uniform(-0.05, 0.08))
