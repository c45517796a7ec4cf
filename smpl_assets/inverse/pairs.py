"""Training pairs: a pose of the pool, a shape and a full-perspective camera give 13 keypoints of a person crop (T 4.2.2)."""

from __future__ import annotations

from dataclasses import dataclass, fields

import torch
from jaxtyping import Float
from torch import Tensor

from smpl_assets.body.pose import BodyPose
from smpl_assets.body.protocol import SMPL_JOINTS
from smpl_assets.camera import focal_from_fov, project
from smpl_assets.inverse.crop import CROP_PX, MARGIN, crop_around, to_crop
from smpl_assets.inverse.rig import Rig, points, pose_rig
from smpl_assets.inverse.settings import InverseSettings, NoiseSettings
from smpl_assets.rotations import exponential, flip_axis_angle, flip_rotation, rotation_about
from smpl_assets.seeds import torch_generator
from smpl_assets.skeletons import SKELETONS, Skeleton, shared13_sources

SOURCES = (SKELETONS["coco17"], SKELETONS["mpii16"])
_UPPER = [
    j - 1
    for j, n in enumerate(SMPL_JOINTS)
    if j and any(p in n for p in ("spine3", "neck", "head", "collar", "shoulder", "elbow", "wrist", "hand"))
]
_JITTER_RAD, _TILT_RAD, _MIX_SHARE = 0.15, 0.08, 0.3
_NEAREST_M = 0.4


@dataclass(frozen=True)
class Pairs:
    """B bodies before cameras of `focal` (B,) px of the 256 px crop.

    keypoints: (B, 13, 2) px of the crop from its centre, spoilt; annotated: (B, 13) 0 or 1; clean: (B, 13, 2) px, the truth.
    """

    keypoints: Float[Tensor, "batch 13 2"]
    annotated: Float[Tensor, "batch 13"]
    clean: Float[Tensor, "batch 13 2"]
    body: BodyPose
    focal: Float[Tensor, " batch"]

    def to(self, device: torch.device) -> Pairs:
        """The same pairs on another device."""
        return Pairs(**{f.name: getattr(self, f.name).to(device) for f in fields(self)})


@dataclass(frozen=True)
class PairSource:
    """Makes batches of pairs; the same seed and number give the same batch."""

    rig: Rig
    pose: Float[Tensor, "poses 23 3"]
    orient: Float[Tensor, "poses 3 3"]
    settings: InverseSettings
    seed: int

    def batch(self, number: int) -> Pairs:
        """Batch `number` of the training, of settings.batch people."""
        g = torch_generator(self.seed, "pairs", number)
        count = self.settings.batch
        pose, orient = self._draw_poses(count, g)
        body_pose = exponential(pose)
        global_orient = draw_turns(count, g) @ orient
        shape = torch.randn(count, self.rig.shape_size, generator=g).clamp(-2.5, 2.5)
        skeleton = SOURCES[number % len(SOURCES)]
        posed = pose_rig(self.rig, BodyPose(global_orient, body_pose, shape, torch.zeros(count, 3)))
        spots = to_shared(skeleton, points(self.rig.attachments[skeleton.name], posed, shape))
        annotated = _hide(spots, self.settings.noise, g)
        low, high = (torch.deg2rad(torch.tensor(degrees)) for degrees in self.settings.fov_deg)
        focal = focal_from_fov(low + (high - low) * torch.rand(count, generator=g), CROP_PX)
        transl, focal, clean = frame_people(spots, annotated > 0, focal)
        spoilt = _spoil(clean, annotated, self.settings.noise, g)
        return Pairs(spoilt, annotated, clean, BodyPose(global_orient, body_pose, shape, transl), focal)

    def _draw_poses(self, count: int, g: torch.Generator) -> tuple[Tensor, Tensor]:
        first, second = torch.randint(len(self.pose), (2, count), generator=g)
        pose, orient = self.pose[first].clone(), self.orient[first]
        mixed = torch.rand(count, generator=g) < _MIX_SHARE
        other = pose.clone()
        other[:, _UPPER] = self.pose[second][:, _UPPER]
        pose = torch.where(mixed[:, None, None], other, pose)
        pose = pose + _JITTER_RAD * torch.rand(count, 1, 1, generator=g) * torch.randn(pose.shape, generator=g)
        mirrored = torch.rand(count, generator=g) < 0.5
        return mirror_where(mirrored, pose, orient)


def mirror_where(mask: Tensor, pose: Float[Tensor, "batch 23 3"], orient: Float[Tensor, "batch 3 3"]) -> tuple[Tensor, Tensor]:
    """Swap left and right of poses (axis-angle) and orientations where the mask holds."""
    where = mask[:, None, None]
    return torch.where(where, flip_axis_angle(pose), pose), torch.where(where, flip_rotation(orient), orient)


def to_shared(skeleton: Skeleton, keypoints: Float[Tensor, "batch keypoints coords"]) -> Float[Tensor, "batch 13 coords"]:
    """The 13 shared joints from a data set's keypoints; a head that it has nothing for is at zero."""
    sources = shared13_sources(skeleton)
    return torch.stack([keypoints[:, list(rows)].mean(1) if rows else torch.zeros_like(keypoints[:, 0]) for rows in sources], 1)


def draw_turns(count: int, g: torch.Generator) -> Float[Tensor, "count 3 3"]:
    """How the pool's views are varied: half of them turned about the image's vertical by any angle, all tilted a little."""
    around = (torch.rand(count, generator=g) < 0.5) * torch.rand(count, generator=g) * 2 * torch.pi
    tilt = exponential(_TILT_RAD * torch.randn(count, 3, generator=g))
    return tilt @ rotation_about("y", around)


def frame_people(spots: Tensor, annotated: Tensor, focal: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Place bodies before cameras so that their annotated keypoints fill the crop.

    Takes points (B, 13, 3) m around the pelvis, in camera axes, and focal lengths in crop px; returns the translation (m), the
    focal length that the crop ends up with, and the keypoints in crop px from its centre.
    """
    extent = torch.where(annotated[..., None], spots[..., :2], 0.0).abs().amax((1, 2)).clamp(min=0.1)
    transl = torch.stack([torch.zeros_like(extent), torch.zeros_like(extent), 2.0 * focal * extent * MARGIN / CROP_PX], 1)
    intrinsics = torch.stack([focal, focal, torch.zeros_like(focal), torch.zeros_like(focal)], 1)
    for _ in range(4):
        nearest = _NEAREST_M - spots[..., 2].amin(1)
        transl = torch.cat([transl[:, :2], torch.maximum(transl[:, 2], nearest)[:, None]], 1)
        crop = crop_around(project(spots + transl[:, None], intrinsics), annotated)
        depth = transl[:, 2]
        middle = (crop[:, :2] + crop[:, 2:] / 2) * (depth / focal)[:, None]
        transl = torch.cat([transl[:, :2] - middle, (depth * crop[:, 2] / CROP_PX)[:, None]], 1)
    nearest = _NEAREST_M - spots[..., 2].amin(1)
    transl = torch.cat([transl[:, :2], torch.maximum(transl[:, 2], nearest)[:, None]], 1)
    image = project(spots + transl[:, None], intrinsics)
    crop = crop_around(image, annotated)
    everywhere = torch.ones_like(annotated)
    return transl, focal * CROP_PX / crop[:, 2], to_crop(image, everywhere, crop)


def _hide(spots: Tensor, noise: NoiseSettings, g: torch.Generator) -> Tensor:
    """Which joints stay annotated: some are dropped one by one, some people are cut by a border; at least six stay."""
    count = len(spots)
    drop = torch.rand(count, 13, generator=g) < noise.drop_share * 2 * torch.rand(count, 1, generator=g)
    angle = torch.rand(count, 1, generator=g) * 2 * torch.pi
    across = spots[..., 0] * angle.cos() + spots[..., 1] * angle.sin()
    rank = across.argsort(1).argsort(1)
    lost = torch.randint(1, 7, (count, 1), generator=g)
    cut = (rank < lost) & (torch.rand(count, 1, generator=g) < noise.truncate_share)
    kept = ~(drop | cut)
    enough = kept.sum(1, keepdim=True) >= 6
    return torch.where(enough, kept, torch.ones_like(kept)).float()


def _spoil(clean: Tensor, annotated: Tensor, noise: NoiseSettings, g: torch.Generator) -> Tensor:
    """Jitter, outliers, swapped sides; unannotated joints at zero."""
    count = len(clean)
    spoilt = clean + noise.jitter_px * torch.rand(count, 1, 1, generator=g) * torch.randn(clean.shape, generator=g)
    far = torch.rand(count, 13, 1, generator=g) < noise.outlier_share
    spoilt = spoilt + torch.where(far, (torch.rand(clean.shape, generator=g) - 0.5) * 0.2 * CROP_PX, 0.0)
    flip = torch.tensor(SKELETONS["shared13"].flip)
    pair = torch.randint(1, 13, (count, 1), generator=g)
    joint = torch.arange(13)
    swapped = ((joint == pair) | (joint == flip[pair])) & (torch.rand(count, 1, generator=g) < noise.swap_share)
    both = (annotated > 0) & (annotated[:, flip] > 0)
    spoilt = torch.where((swapped & both)[..., None], spoilt[:, flip], spoilt)
    return spoilt * annotated[..., None]
