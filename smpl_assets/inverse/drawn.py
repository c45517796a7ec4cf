"""Poses of a pool before drawn cameras, in the form in which `render` takes fitted people."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from jaxtyping import Float, Int64

from smpl_assets.body.protocol import BodyModel
from smpl_assets.camera import focal_from_fov, project
from smpl_assets.inverse.crop import CROP_PX
from smpl_assets.inverse.fits import Fits, empty_fits
from smpl_assets.inverse.pairs import frame_people
from smpl_assets.poses.pool import PoseSample
from smpl_assets.seeds import numpy_generator
from smpl_assets.skeletons import Skeleton

_SHAPE_SPREAD, _SHAPE_LIMIT = 0.8, 2.2
_CLOSER = (1.3, 2.2)  # how much closer the camera comes to people whom its frame cuts
_CLOSER_SHIFT = 0.25  # of the frame, how far it then looks past their middle


def drawn_fits(
    poses: PoseSample,
    person: Int64[np.ndarray, " n"],
    body: BodyModel,
    skeleton: Skeleton,
    seed: int,
    fov_deg: tuple[float, float] = (12.0, 45.0),
    truncated_share: float = 0.0,
) -> Fits:
    """Bodies of random shape in these poses, each before a camera whose 256 px crop it fills as a fitted person does.

    Args:
        poses: n poses with views.
        person: (n,) what `Fits.person` is to say; a body's shape and camera hang on nothing else than it and the seed.
        body: that they are posed with; its shapes have mean 0 and spread 1.
        skeleton: of `Fits.keypoints`; each of its keypoints has a place on the body.
        seed: of shapes and cameras.
        fov_deg: range of the field of view across the crop.
        truncated_share: of the people whose crop is a closer one that cuts them.

    Returns:
        All accepted, without error or surprise; `hypothesis` 0.
    """
    count = len(poses)
    draws = [_draw(seed, int(number), body.shape_size, fov_deg) for number in person]
    shape = np.array([d[0] for d in draws]).reshape(count, body.shape_size)
    fov = torch.tensor([d[1] for d in draws], dtype=torch.float32)
    pose = poses.pose(torch.from_numpy(shape).float())
    with torch.inference_mode():
        spots = body.sparse_keypoints((skeleton,), pose)[0][skeleton.name]
    transl, focal, _ = frame_people(spots, torch.ones(spots.shape[:2], dtype=torch.bool), focal_from_fov(fov, CROP_PX))
    centre = torch.full((count, 2), CROP_PX / 2)
    intrinsics = torch.cat([focal[:, None], focal[:, None], centre], 1)
    crops = np.tile(np.array([0.0, 0.0, CROP_PX, CROP_PX]), (count, 1))
    for row, (_, _, closer, shift, luck) in enumerate(draws):
        if luck < truncated_share:
            side = CROP_PX / closer
            crops[row] = [*(CROP_PX / 2 - side / 2 + shift * CROP_PX), side, side]
    axis_angle = pose.to_axis_angle()
    return replace(
        empty_fits(np.asarray(person), [""] * count, len(skeleton), body.shape_size, body.name),
        accepted=np.ones(count, bool), global_orient=axis_angle.global_orient, body_pose=axis_angle.body_pose, shape=shape,
        transl=transl.double().numpy(), intrinsics=intrinsics.double().numpy(),
        keypoints=project(spots + transl[:, None], intrinsics).double().numpy(),
        error_px=np.zeros(count), error_crop=np.zeros(count), crop_xywh=crops, hypothesis=np.zeros(count, np.int64),
    )  # fmt: skip


def _draw(
    seed: int, number: int, shape_size: int, fov_deg: tuple[float, float]
) -> tuple[Float[np.ndarray, " shape"], float, float, Float[np.ndarray, "2"], float]:
    """Shape, field of view (rad), and how a truncating crop would lie."""
    rng = numpy_generator(seed, "drawn", number)
    shape = np.clip(_SHAPE_SPREAD * rng.standard_normal(shape_size), -_SHAPE_LIMIT, _SHAPE_LIMIT)
    fov, closer = np.deg2rad(rng.uniform(*fov_deg)), float(rng.uniform(*_CLOSER))
    return shape, float(fov), closer, rng.uniform(-_CLOSER_SHIFT, _CLOSER_SHIFT, 2), float(rng.random())
