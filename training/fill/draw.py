"""Poses of the pool before drawn cameras, annotated as the data set would have annotated them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Bool, Float

from smpl_assets.body.keypoints import placed_part
from smpl_assets.body.pose import BodyPose
from smpl_assets.body.protocol import BodyModel
from smpl_assets.inverse.drawn import drawn_fits
from smpl_assets.inverse.fits import Fits
from smpl_assets.inverse.outline import Outline
from smpl_assets.inverse.overlaps import RigCapsules, build_capsules, penetration
from smpl_assets.inverse.rig import pose_joints
from smpl_assets.inverse.settings import GateSettings
from smpl_assets.pose_table import ImageTable, PoseTable
from smpl_assets.poses.limits import excess
from smpl_assets.poses.pool import PosePool
from smpl_assets.progress import Progress
from smpl_assets.seeds import derive_seed
from smpl_assets.skeletons import Skeleton
from training.mpii_person import mpii_region

_LOT = 2048


@dataclass(frozen=True)
class Drawn:
    """Poses: bodies before cameras, and the same people as annotations, `source_id` being the pose's label in the pool.

    refused: how many more were drawn and left out, by reason.
    """

    fits: Fits
    people: PoseTable
    refused: dict[str, int]


@dataclass(frozen=True)
class _Seen:
    """What the camera sees of some of the bodies: keypoints that are not hidden, and the boxes about them, px."""

    fits: Fits
    keypoints: Bool[np.ndarray, "people joints"]
    boxes: Float[np.ndarray, "people 4"]


def draw_people(
    count: int,
    pool: PosePool,
    gate: GateSettings,
    body: BodyModel,
    skeleton: Skeleton,
    hides: bool,
    seed: int,
    progress: Progress,
) -> Drawn:
    """Draw `count` poses with views and keep those that the gate of fits lets through.

    gate: its bounds on joint limits and self-penetration count. hides: keypoints that the body itself hides are said to be hidden
    (for sets that say so of theirs); else every one is seen.
    """
    sample, own, capsules = pool.sample(count, derive_seed(seed, "fill")), derive_seed(seed, "fill"), build_capsules(body)
    lots, placed = [], placed_part(skeleton)
    for start in range(0, count, _LOT):
        rows = np.arange(start, min(start + _LOT, count))
        lots.append(_seen(drawn_fits(sample.select(rows), rows, body, placed, own), body, capsules, placed, hides))
        progress(int(rows[-1]) + 1, count)
    fits = Fits.concatenate([lot.fits for lot in lots])
    bent, inside = fits.limit_deg > gate.limit_deg, fits.penetration_m > gate.penetration_m
    kept = np.flatnonzero(~bent & ~inside)
    visible, boxes = (np.concatenate([getattr(lot, n) for lot in lots])[kept] for n in ("keypoints", "boxes"))
    labels = sample.select(kept).names
    refused = {"beyond joint limits": int(bent.sum()), "reaches into itself": int((inside & ~bent).sum())}
    fits, columns = fits.select(kept), [skeleton.index(name) for name in placed.keypoints]
    points, seen = np.full((len(kept), len(skeleton), 2), np.nan), np.zeros((len(kept), len(skeleton)), bool)
    points[:, columns], seen[:, columns] = fits.keypoints, visible
    fits = replace(fits, keypoints=points)
    return Drawn(fits, _people(fits, seen, boxes, labels, skeleton), refused)


def _seen(fits: Fits, body: BodyModel, capsules: RigCapsules, skeleton: Skeleton, hides: bool) -> _Seen:
    pose = BodyPose.from_axis_angle(fits.bodies)
    with torch.inference_mode():
        posed = pose_joints(body, pose)
        outline = Outline.of(capsules, posed, pose.shape)
        spots = body.sparse_keypoints((skeleton,), pose)[0][skeleton.name]
        hidden = outline.hidden(spots) if hides else torch.zeros(spots.shape[:2], dtype=torch.bool)
        boxes = outline.boxes(torch.from_numpy(fits.intrinsics).float())
        depth, beyond = penetration(capsules, posed, pose.shape), torch.rad2deg(excess(pose.body_pose).amax(1))
    measured = replace(fits, penetration_m=depth.double().numpy(), limit_deg=beyond.double().numpy())
    return _Seen(measured, ~hidden.numpy(), boxes.double().numpy())


def _people(
    fits: Fits, visible: Bool[np.ndarray, "people joints"], boxes: Float[np.ndarray, "people 4"], labels: tuple[str, ...],
    skeleton: Skeleton,
) -> PoseTable:  # fmt: skip
    """The bodies as annotated people, all on one image of the size of their crops."""
    center, scale = mpii_region(boxes)
    count, side = len(fits), round(float(fits.crop_xywh[:, 2].max(initial=1.0)))
    return PoseTable(
        skeleton=skeleton, keypoints=fits.keypoints, annotated=np.isfinite(fits.keypoints).all(2), visible=visible,
        bbox_xywh=boxes, center=center, scale=scale,
        head_size=np.full(count, np.nan), area=boxes[:, 2] * boxes[:, 3], image=np.zeros(count, np.int64),
        person_id=np.full(count, -1), source_id=labels,
        images=ImageTable.of(["drawn"], size_wh=np.array([[side, side]])),
    )  # fmt: skip
