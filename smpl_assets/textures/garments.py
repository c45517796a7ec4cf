"""The cut of garments: signed distances on the resting body (metres, positive inside the cloth), so that lines are smooth at any
resolution, and how far the cloth stands off the skin.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce

import numpy as np
from jaxtyping import Float

from smpl_assets.textures.base_mesh import Points

_OUTSIDE_M = -1.0
_ALWAYS_M = 1.0


@dataclass(frozen=True)
class Top:
    """A garment of the upper body, cut from the `top` patch.

    hem_m: height of the lower edge; sleeve_m: its end along the arm from the shoulder joint (0.45 is the wrist).
    neck_m: how deep the front opens below a crew neck; neck_shape: `crew`, `v`, `scoop`, `high` (covers the neck).
    open_m: half width of the open front at the chest (jackets), 0 where closed.
    ease_m: how far it stands off the body; flare_m: added towards the hem; cuff_m: added towards the sleeve's end.
    """

    hem_m: float
    sleeve_m: float
    neck_m: float = 0.0
    neck_shape: str = "crew"
    open_m: float = 0.0
    ease_m: float = 0.008
    flare_m: float = 0.006
    cuff_m: float = 0.006

    def inside(self, points: Points) -> Float[np.ndarray, " points"]:
        """Signed distance (N,) m from the garment's edges."""
        edges = [
            points.y - self.hem_m,
            self._neckline(points) - points.y,
            self.sleeve_m - points.along_arm,
            4 * (0.5 - points.part("hand")),
        ]
        edges[0] = np.where(points.on_arm, _ALWAYS_M, edges[0])
        edges[1] = np.where(points.on_arm, _ALWAYS_M, edges[1])
        edges.append(0.6 - points.part("head"))
        if self.open_m:
            opening = self.open_m * np.interp(points.y, [-0.15, 0.2, 0.45, 0.55], [1.7, 1.0, 0.9, 0.7]).astype(np.float32)
            edges.append(np.where(points.front > 0.15, points.side - opening, _ALWAYS_M))
        return reduce(np.minimum, edges)

    def _neckline(self, points: Points) -> Float[np.ndarray, " points"]:
        if self.neck_shape == "high":
            return 0.612 - 0.3 * np.clip(points.z, 0, 0.1)
        height = 0.607 - 0.62 * np.clip(points.z + 0.035, 0, 0.13) + 0.6 * np.clip(points.side - 0.075, 0, 0.2)
        across = np.clip(points.side / (0.075 + 0.35 * self.neck_m), 0, 1)
        dip = (1 - across) if self.neck_shape == "v" else 0.5 + 0.5 * np.cos(np.pi * across)
        return height - self.neck_m * dip * np.clip(4 * points.z, 0, 1)

    def ease(self, points: Points) -> Float[np.ndarray, " points"]:
        """Distance (N,) m between skin mesh and cloth."""
        low = np.clip((0.42 - points.y) / max(0.42 - self.hem_m, 0.05), 0, 1) ** 1.5 * ~points.on_arm
        sleeve = np.clip(points.along_arm / max(self.sleeve_m, 0.05), 0, 1) * points.on_arm
        near_neck = np.clip((points.y - 0.5) / 0.07, 0, 1) * ~points.on_arm
        return self.ease_m * (1 - 0.5 * near_neck) + self.flare_m * low + self.cuff_m * sleeve


@dataclass(frozen=True)
class Bottom:
    """Trousers, shorts, leggings, briefs, cut from the `bottom` patch.

    waist_m: height of the upper edge; leg_m: height at which the legs end (-0.76 is the ankle).
    ease_m as in Top; flare_m: added towards the legs' ends; knee_m: added at the knees (straight legs hang free of the calf);
    belt_m: added at the waist, so that it lies over what is tucked in.
    """

    waist_m: float
    leg_m: float
    ease_m: float = 0.006
    flare_m: float = 0.008
    knee_m: float = 0.0
    belt_m: float = 0.0

    def inside(self, points: Points) -> Float[np.ndarray, " points"]:
        """Signed distance (N,) m from the garment's edges."""
        waist = self.waist_m - 0.12 * np.clip(points.z, -0.05, 0.1) - points.y
        leg = points.y - self.leg_m
        if self.leg_m > -0.12:
            leg = points.y - self.leg_m - 0.75 * np.clip(points.side - 0.02, 0, 0.2) + 0.05
        return np.where(points.on_arm, _OUTSIDE_M, np.minimum(waist, leg))

    def ease(self, points: Points) -> Float[np.ndarray, " points"]:
        """Distance (N,) m between skin mesh and cloth."""
        low = np.clip((-0.05 - points.y) / max(-0.05 - self.leg_m, 0.05), 0, 1)
        knee = np.exp(-(((points.y + 0.40) / 0.14) ** 2))
        legs = self.ease_m + self.flare_m * low**1.4 + self.knee_m * knee
        return legs + self.belt_m * np.clip((points.y - self.waist_m + 0.12) / 0.08, 0, 1)


@dataclass(frozen=True)
class Skirt:
    """A skirt, cut from the `skirt` patch: height of its waist and its hem, ease at the waist, flare at the hem."""

    waist_m: float
    hem_m: float
    ease_m: float = 0.006
    flare_m: float = 0.0

    def inside(self, points: Points) -> Float[np.ndarray, " points"]:
        """Signed distance (N,) m from the garment's edges."""
        return np.minimum(self.waist_m - points.y, points.y - self.hem_m)

    def ease(self, points: Points) -> Float[np.ndarray, " points"]:
        """Distance (N,) m between the skirt mesh and the cloth."""
        return self.ease_m + self.flare_m * np.clip((0.12 - points.y) / 0.8, 0, 1)


@dataclass(frozen=True)
class Footwear:
    """Shoes and boots, cut from the `feet` patch.

    shaft_m: height of the upper edge; heel_rise_m: how much higher it is at the heel; ease_m: thickness;
    sole_m: added at the sole; opening_m: length of the opening over the instep.
    """

    shaft_m: float
    heel_rise_m: float = 0.01
    ease_m: float = 0.007
    sole_m: float = 0.012
    opening_m: float = 0.0

    def inside(self, points: Points) -> Float[np.ndarray, " points"]:
        """Signed distance (N,) m from the shaft's edge."""
        edge = self.shaft_m - self.heel_rise_m * np.clip(points.z / 0.08, -1, 1) - points.y
        if self.opening_m:
            instep = np.hypot((points.side - 0.215) / 0.032, (points.z - 0.085) / self.opening_m)
            edge = np.minimum(edge, np.where(points.y > -0.795, 0.03 * (instep - 1), _ALWAYS_M))
        return np.where(points.part("foot") + points.part("leg") > 0.5, edge, _OUTSIDE_M)

    def ease(self, points: Points) -> Float[np.ndarray, " points"]:
        """Distance (N,) m between foot and leather; more at the sole and toe cap."""
        sole = np.clip((-0.79 - points.y) / 0.02, 0, 1)
        return self.ease_m + self.sole_m * sole + 0.006 * np.clip((points.z - 0.13) / 0.06, 0, 1)


Garment = Top | Bottom | Skirt | Footwear
