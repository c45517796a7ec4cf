"""Places on the resting body in the coordinates a tailor uses: height, along the arm, along the leg, front and side."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Float

from smpl_assets.textures.base_mesh import PARTS, base_mesh


@dataclass(frozen=True)
class Points:
    """N places on the base mesh at rest (texels of a chart or vertices of a patch).

    position: (N, 3) m, body frame (y up, facing +z, the body's left at +x).
    normal: (N, 3) unit, outwards.
    parts: (N, 6) skinning share of PARTS.
    """

    position: Float[np.ndarray, "points 3"]
    normal: Float[np.ndarray, "points 3"]
    parts: Float[np.ndarray, "points parts"]

    def __len__(self) -> int:
        return len(self.position)

    def part(self, name: str) -> Float[np.ndarray, " points"]:
        """Share of one of PARTS, 0..1."""
        return self._columns[6 + PARTS.index(name)]

    @cached_property
    def _columns(self) -> Float[np.ndarray, "columns points"]:
        """Position, normal and parts, each number's values side by side: numpy is slow where they are strewn."""
        return np.ascontiguousarray(np.concatenate([self.position, self.normal, self.parts], axis=1).T)

    @property
    def x(self) -> Float[np.ndarray, " points"]:
        """Towards the body's left, m."""
        return self._columns[0]

    @property
    def y(self) -> Float[np.ndarray, " points"]:
        """Up, m (0 near the hips; crown 0.85, soles -0.82)."""
        return self._columns[1]

    @property
    def z(self) -> Float[np.ndarray, " points"]:
        """Forward, m."""
        return self._columns[2]

    @cached_property
    def side(self) -> Float[np.ndarray, " points"]:
        """|x|, m."""
        return np.abs(self.x)

    @cached_property
    def on_arm(self) -> Bool[np.ndarray, " points"]:
        """Whether the place belongs to an arm or hand."""
        return self.part("arm") + self.part("hand") > 0.5

    @cached_property
    def along_arm(self) -> Float[np.ndarray, " points"]:
        """Metres from the shoulder joint along the arm, measured on the chain shoulder, elbow, wrist; far below 0 off the arm."""
        shoulder, elbow, wrist = (base_mesh().joint(f"l-{n}") for n in ("shoulder", "elbow", "hand"))
        mirrored = np.stack([self.side, self.y, self.z], 1)
        upper, lower = elbow - shoulder, wrist - elbow
        length = float(np.linalg.norm(upper))
        first = (mirrored - shoulder) @ upper / length
        second = length + (mirrored - elbow) @ lower / float(np.linalg.norm(lower))
        # On the joint's bisecting plane both agree; beyond it the forearm's own axis counts.
        blend = np.clip((first - length) / 0.04 + 0.5, 0, 1)
        reach = (1 - blend) * first + blend * second
        # The armpit plane: places of the trunk have no business on the arm's axis, however they project on it.
        trunk = 1 - (self.part("arm") + self.part("hand"))
        return (reach - 0.6 * np.clip(trunk - 0.35, 0, 1) - 8 * np.clip(trunk - 0.8, 0, 1)).astype(np.float32)

    @property
    def front(self) -> Float[np.ndarray, " points"]:
        """1 where the surface faces forward, -1 where it faces back."""
        return self._columns[5]
