"""Postures about a posture: joints turned together along limbs, within joint limits, reaching no deeper into the body than it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from smpl_assets.body.pose import BodyParameters, BodyPose
from smpl_assets.body.protocol import BODY_ROTATIONS, SMPL_JOINTS, SMPL_PARENTS, BodyModel
from smpl_assets.inverse.overlaps import build_capsules, penetration
from smpl_assets.inverse.rig import pose_joints
from smpl_assets.poses.limits import clamp
from smpl_assets.rotations import exponential
from smpl_assets.seeds import torch_generator

SIZES = (1.0, 1.0, 1.0, 1.0, 0.5, 0.5, 0.25, 0.25)  # of the draws that are tried one after the other
_ALONG = 0.6  # correlation of a joint's turn with that of the joint above it
_LOT = 32
_SLACK_M = 1e-4  # rounding
# Several of the trunk's joints share a bend, and hands and feet are seen little: their part of the deviation.
_PART = {"spine1": 0.4, "spine2": 0.4, "spine3": 0.4, "neck": 0.6, "head": 0.6, "collar": 0.4, "foot": 0.5, "hand": 0.5}
_PARTS = torch.tensor([_PART.get(name.rpartition("_")[2], 1.0) for name in SMPL_JOINTS[1:]])


@dataclass(frozen=True)
class Moved:
    """N bodies, and which of its draws (SIZES) each took; -1 where none was allowed and the body stayed as it was."""

    bodies: list[BodyParameters]
    draw: list[int]


class PostureJitter:
    """Moves postures of a body about by some degrees (standard deviation per joint and axis)."""

    def __init__(self, body: BodyModel, degrees: float) -> None:
        self._body, self._capsules = body, build_capsules(body)
        self._spread = torch.deg2rad(torch.tensor(degrees)) * _PARTS[:, None]

    def moved(
        self, bodies: Sequence[BodyParameters], seeds: Sequence[int], towards: Sequence[Float[Tensor, "draws 23 3"]]
    ) -> Moved:
        """Each body in the first of its draws that reaches no deeper into itself than the body does.

        seeds: of each body's draws. towards: turns (rad, after each joint's own) that each draw takes too, as far as its size.
        Lots are always of one size, so that company does not change the last bits.
        """
        found: list[BodyParameters] = []
        draws: list[int] = []
        for start in range(0, len(bodies), _LOT):
            lot = range(start, min(start + _LOT, len(bodies)))
            rows = [*lot, *[start] * (_LOT - len(lot))]
            pose = BodyPose.from_axis_angle(BodyParameters.stacked([bodies[i] for i in rows]))
            noise = torch.stack([_noise(seeds[i]) for i in rows])
            tried = self._draws(pose.body_pose, noise, torch.stack([towards[i] for i in rows]))
            chosen = self._allowed(pose, tried)
            turned = replace(pose, body_pose=tried[torch.arange(_LOT), chosen.clamp(min=0)]).to_axis_angle()
            for i, draw in zip(lot, chosen.tolist(), strict=False):
                found.append(bodies[i] if draw < 0 else replace(bodies[i], body_pose=turned.body_pose[i - start]))
                draws.append(draw)
        return Moved(found, draws)

    def _draws(
        self, pose: Float[Tensor, "lot 23 3 3"], noise: Float[Tensor, "lot draws 23 3"], towards: Float[Tensor, "lot draws 23 3"]
    ) -> Float[Tensor, "lot draws 23 3 3"]:
        size = torch.tensor(SIZES)[:, None, None]
        moved = pose[:, None] @ exponential(size * towards)
        return clamp(moved @ exponential(size * self._spread * along_limbs(moved, noise)))

    def _allowed(self, pose: BodyPose, tried: Float[Tensor, "lot draws 23 3 3"]) -> Int64[Tensor, " lot"]:
        """The first draw of each body that is allowed, -1 where none is."""
        every = torch.cat([pose.body_pose[:, None], tried], 1)
        many = replace(pose.repeated(every.shape[1]), body_pose=every.flatten(0, 1))
        depth = penetration(self._capsules, pose_joints(self._body, many), many.shape).unflatten(0, every.shape[:2])
        allowed = depth[:, 1:] <= depth[:, :1] + _SLACK_M
        return torch.where(allowed.any(1), allowed.int().argmax(1), -1)


def _noise(seed: int) -> Float[Tensor, "draws 23 3"]:
    return torch.randn(len(SIZES), BODY_ROTATIONS, 3, generator=torch_generator(seed, "posture"))


def along_limbs(body_pose: Float[Tensor, "*batch 23 3 3"], noise: Float[Tensor, "*batch 23 3"]) -> Float[Tensor, "*batch 23 3"]:
    """Independent normal turns made to go along with those of the joint above, about the same axes in space.

    Turns are in the frame of the bone below each joint; their deviation stays what it was.
    """
    fresh = (1 - _ALONG**2) ** 0.5
    turns: list[Tensor] = []
    for joint in range(1, len(SMPL_JOINTS)):
        own, above = noise[..., joint - 1, :], SMPL_PARENTS[joint]
        if above == 0:
            turns.append(own)
        else:
            inherited = (body_pose[..., joint - 1, :, :].transpose(-1, -2) @ turns[above - 1][..., None])[..., 0]
            turns.append(_ALONG * inherited + fresh * own)
    return torch.stack(turns, -2)
