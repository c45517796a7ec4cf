"""The built-in pose generator: key postures, arms recombined, variation, limits, no self-intersection worth seeing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from smpl_assets.body.capsules import stick_penetration
from smpl_assets.body.kinematics import ADULT_OFFSETS, stick_joints
from smpl_assets.poses.limits import clamp
from smpl_assets.poses.postures import ANGLE_COUNT, ANGLES, Movement, body_pose_from_angles, mirror_angles, movements
from smpl_assets.seeds import torch_generator

Kind = Literal["usual", "extreme"]
PENETRATION_LIMIT_M = 0.02
_ATTEMPTS = 10

# Standard deviation (degrees) of the variation of each angle, for everyday postures.
_DEVIATION: dict[str, tuple[float, ...]] = {
    "spine": (6, 4, 7), "neck": (9, 6, 14), "root": (0, 0), "collar": (4, 4), "shoulder": (9, 14, 14), "elbow": (13, 14),
    "wrist": (12, 8), "hand": (14,), "hip": (7, 5, 7), "knee": (8,), "ankle": (6, 4), "foot": (5,),
}  # fmt: skip


@dataclass(frozen=True)
class Generated:
    """n postures: angles (n, ANGLE_COUNT) degrees (their root angles are the body's tilt in the world), body_pose (n, 23, 3,
    3), labels.
    """

    angles: Float[Tensor, "n angles"]
    body_pose: Float[Tensor, "n 23 3 3"]
    labels: tuple[str, ...]


def _deviation() -> Tensor:
    spread = torch.zeros(ANGLE_COUNT)
    for name, where in ANGLES.items():
        spread[where] = torch.tensor(_DEVIATION[name.removeprefix("left_").removeprefix("right_")])
    return spread


_SPREAD = _deviation()
_ARM = [
    i for n, s in ANGLES.items() if n.endswith(("collar", "shoulder", "elbow", "wrist", "hand")) for i in range(s.start, s.stop)
]


def _draw(movement: Movement, n: int, variation: float, random: torch.Generator) -> Tensor:
    """N postures of one movement (n, ANGLE_COUNT)."""
    phases, count = movement.phases, len(movement.phases)
    spans = count if movement.cyclic else max(count - 1, 1)
    first = torch.randint(spans, (n,), generator=random)
    mix = torch.rand(n, 1, generator=random)
    angles = torch.lerp(phases[first], phases[(first + 1) % count], mix)
    if len(movement.arms):
        table = torch.cat([movement.arms, mirror_angles(movement.arms)])
        other = table[torch.randint(len(table), (n,), generator=random)]
        use = torch.rand(n, generator=random) < movement.free_arms
        angles[:, _ARM] = torch.where(use[:, None], other[:, _ARM], angles[:, _ARM])
    noise = torch.randn(n, ANGLE_COUNT, generator=random).clamp(-2.2, 2.2) * _SPREAD * (movement.spread * variation)
    noise[:, ANGLES["root"]] = torch.randn(n, 2, generator=random) * torch.tensor(movement.tilt)
    angles = angles + noise
    swap = torch.rand(n, 1, generator=random) < 0.5
    return torch.where(swap, mirror_angles(angles), angles)


def _once(kind: Kind, n: int, variation: float, random: torch.Generator) -> tuple[Tensor, Tensor]:
    """Angles (n, ANGLE_COUNT) and the number of the movement of each (n,)."""
    known = movements()[kind]
    choice = torch.multinomial(torch.tensor([m.weight for m in known]), n, replacement=True, generator=random)
    angles = torch.zeros(n, ANGLE_COUNT)
    for number, movement in enumerate(known):
        rows = torch.nonzero(choice == number)[:, 0]
        if len(rows):
            angles[rows] = _draw(movement, len(rows), variation, random)
    return angles, choice


def _penetration(pose: Tensor) -> Tensor:
    return stick_penetration(stick_joints(pose, offsets=ADULT_OFFSETS))


def generate(kind: Kind, n: int, seed: int, variation: float = 1.0) -> Generated:
    """N postures of a kind within joint limits; those whose limbs go deeper than PENETRATION_LIMIT_M into each other are
    redrawn.
    """
    random = torch_generator(seed, "generator", kind)
    angles, choice = _once(kind, n, variation, random) if n else (torch.zeros(0, ANGLE_COUNT), torch.zeros(0, dtype=torch.int64))
    pose = clamp(body_pose_from_angles(angles))
    depth = _penetration(pose)
    for _ in range(_ATTEMPTS):
        bad = torch.nonzero(depth > PENETRATION_LIMIT_M)[:, 0]
        if not len(bad):
            break
        new_angles, new_choice = _once(kind, len(bad), variation, random)
        new_pose = clamp(body_pose_from_angles(new_angles))
        new_depth = _penetration(new_pose)
        better = new_depth < depth[bad]
        rows = bad[better]
        angles[rows], pose[rows] = new_angles[better], new_pose[better]
        depth[rows], choice[rows] = new_depth[better], new_choice[better]
    return Generated(angles, pose, tuple(movements()[kind][i].label for i in choice.tolist()))
