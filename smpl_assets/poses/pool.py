"""The pool of poses that bodies are put into: a weighted mixture of the generator and files, seen from weighted views."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int64
from torch import Tensor

from smpl_assets.body.pose import BodyPose
from smpl_assets.errors import InputError
from smpl_assets.poses.clips import Clip, read_clips
from smpl_assets.poses.generator import Kind, generate
from smpl_assets.poses.limits import clamp
from smpl_assets.poses.postures import root_from_angles
from smpl_assets.poses.settings import PoolSettings
from smpl_assets.rotations import flip_body_pose, flip_rotation, rotation_about, uniform_rotations
from smpl_assets.seeds import derive_seed, torch_generator

# How cameras usually see people: degrees looking down (mean, deviation), camera roll (deviation), share that faces the camera
# within 70 degrees.
_CAMERA_PITCH = (8.0, 13.0)
_CAMERA_ROLL = 5.0
_FACING_SHARE = 0.55
_FACING_SPREAD = 40.0


@dataclass(frozen=True)
class PoseSample:
    """n poses.

    body_pose: (n, 23, 3, 3) relative to SMPL's T-pose; global_orient: (n, 3, 3) body frame -> camera frame;
    label: movement or clip of each; source: `usual`, `extreme` or the format that it came from.
    """

    body_pose: Float[Tensor, "n 23 3 3"]
    global_orient: Float[Tensor, "n 3 3"]
    label: tuple[str, ...]
    source: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.label)

    @property
    def names(self) -> tuple[str, ...]:
        """Source and label of each, as labels of images say it: `extreme/front split`, `amass/CLIP`."""
        return tuple(f"{source}/{label}" for source, label in zip(self.source, self.label, strict=True))

    def select(self, rows: Int64[np.ndarray, " rows"]) -> PoseSample:
        """Some of the poses."""
        label, source = (tuple(column[row] for row in rows) for column in (self.label, self.source))
        return PoseSample(self.body_pose[rows], self.global_orient[rows], label, source)

    def pose(self, shape: Float[Tensor, "n shape"]) -> BodyPose:
        """Bodies of these shapes in these poses, the pelvis at the origin."""
        return BodyPose(self.global_orient, self.body_pose, shape, shape.new_zeros(len(shape), 3))


class PosePool:
    """Draws poses; the same settings, n and seed give the same sample. `left_out` lists files that could not be used."""

    def __init__(self, settings: PoolSettings) -> None:
        self.settings = settings
        self.left_out: list[str] = []
        self._clips: list[list[Clip]] = []
        for files in settings.files:
            clips, left_out = read_clips(files)
            self._clips.append(clips)
            self.left_out += left_out
        self._weights = torch.tensor([settings.generator_weight, *(f.weight for f in settings.files)])
        if float(self._weights.sum()) <= 0:
            raise InputError("pool: no source has any weight", "set pool.generator_weight above 0 or add pool.files")

    def sample(self, n: int, seed: int, usual_share: float | None = None) -> PoseSample:
        """N poses with views.

        usual_share: share of everyday poses among the generator's, the settings' where None; 1.0 gives usual poses only, 0.0
        extreme ones.
        """
        share = self.settings.usual_share if usual_share is None else usual_share
        random = torch_generator(seed, "pool")
        source = (
            torch.multinomial(self._weights, n, replacement=True, generator=random) if n else torch.zeros(0, dtype=torch.int64)
        )
        usual = torch.rand(n, generator=random) < share
        pose, root = torch.zeros(n, 23, 3, 3), torch.zeros(n, 3, 3)
        label, origin = [""] * n, [""] * n
        kinds: tuple[Kind, ...] = ("usual", "extreme")
        for kind in kinds:
            rows = torch.nonzero((source == 0) & (usual == (kind == "usual")))[:, 0]
            made = generate(kind, len(rows), derive_seed(seed, "pool", kind), self.settings.variation)
            pose[rows], root[rows] = made.body_pose, root_from_angles(made.angles, torch.zeros(len(rows)))
            for row, name in zip(rows.tolist(), made.labels, strict=True):
                label[row], origin[row] = name, kind
        for number, (files, clips) in enumerate(zip(self.settings.files, self._clips, strict=True), start=1):
            rows = torch.nonzero(source == number)[:, 0]
            pose[rows], root[rows], names = _from_clips(clips, len(rows), random)
            for row, name in zip(rows.tolist(), names, strict=True):
                label[row], origin[row] = name, files.format
        return PoseSample(pose, self._views(root, random), tuple(label), tuple(origin))

    def _views(self, root: Tensor, random: torch.Generator) -> Tensor:
        """Orientations in the camera frame: a heading, a camera that looks at the scene, or any rotation at all."""
        n = len(root)
        facing = torch.randn(n, generator=random) * torch.deg2rad(torch.tensor(_FACING_SPREAD))
        anywhere = (torch.rand(n, generator=random) * 2 - 1) * torch.pi
        heading = torch.where(torch.rand(n, generator=random) < _FACING_SHARE, facing, anywhere)
        pitch = torch.deg2rad(_CAMERA_PITCH[0] + _CAMERA_PITCH[1] * torch.randn(n, generator=random))
        roll = torch.deg2rad(_CAMERA_ROLL * torch.randn(n, generator=random))
        camera_from_world = rotation_about("z", roll) @ rotation_about("x", pitch) @ torch.diag(torch.tensor([1.0, -1.0, -1.0]))
        usual = camera_from_world @ rotation_about("y", heading) @ root
        sphere = uniform_rotations(n, random)
        anyhow = torch.rand(n, generator=random) < self.settings.sphere_share
        return torch.where(anyhow[:, None, None], sphere, usual)


def _from_clips(clips: list[Clip], n: int, random: torch.Generator) -> tuple[Tensor, Tensor, list[str]]:
    """N frames, each clip equally likely and mirrored half of the time; the clip's heading is dropped (views add their own)."""
    which = torch.randint(len(clips), (n,), generator=random).tolist()
    where = torch.rand(n, generator=random).tolist()
    frames = [min(int(w * len(clips[c])), len(clips[c]) - 1) for c, w in zip(which, where, strict=True)]
    if not n:
        return torch.zeros(0, 23, 3, 3), torch.zeros(0, 3, 3), []
    pose = torch.stack([clips[c].body_pose[f] for c, f in zip(which, frames, strict=True)])
    root = torch.stack([clips[c].root[f] for c, f in zip(which, frames, strict=True)])
    mirror = (torch.rand(n, generator=random) < 0.5)[:, None, None]
    pose = torch.where(mirror[..., None], flip_body_pose(pose), pose)
    root = torch.where(mirror, flip_rotation(root), root)
    return clamp(pose), _without_heading(root), [clips[c].name for c in which]


def _without_heading(root: Tensor) -> Tensor:
    """Turn the world so that the body's front (its up direction where it lies face up or down) points along +z."""
    front, up = root[:, :, 2], root[:, :, 1]
    ahead = torch.where((front[:, 1].abs() > 0.9)[:, None], up, front)
    heading = torch.atan2(ahead[:, 0], ahead[:, 2])
    return rotation_about("y", -heading) @ root
