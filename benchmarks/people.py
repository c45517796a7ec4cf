"""People to render, in poses of the built-in pool (see render.py, opengl_peer.py, sheet.py)."""

from __future__ import annotations

import numpy as np
from scipy.spatial.transform import Rotation

from smpl_assets.body.pose import BodyParameters
from smpl_assets.body.protocol import load_body
from smpl_assets.body.settings import BodySettings
from smpl_assets.inverse.fits import Fits
from smpl_assets.poses.pool import PosePool
from smpl_assets.poses.settings import PoolSettings
from smpl_assets.render.settings import RenderSettings
from smpl_assets.render.studio.people import Poser
from smpl_assets.skeletons import SKELETONS

SKELETON = SKELETONS["coco17"]
SETTINGS = RenderSettings(backgrounds="builtin", images_per_look=200)


def poses(count: int, first: int = 0) -> Fits:
    """People in poses of the built-in pool, each filling about 80 % of its crop."""
    sample = PosePool(PoolSettings()).sample(count, 7)
    turns = [Rotation.from_matrix(m.reshape(-1, 3, 3).numpy()).as_rotvec() for m in (sample.global_orient, sample.body_pose)]
    rng = np.random.default_rng(0)
    shape, transl = 0.7 * rng.standard_normal((count, 12)), np.tile([0.0, 0.0, 4.0], (count, 1))
    poser = Poser(load_body(BodySettings()), SKELETON)
    rows = zip(turns[0], turns[1].reshape(count, 23, 3), shape, transl, strict=True)
    points = np.concatenate([_keypoints(poser, list(part)) for part in _parts([BodyParameters(*row) for row in rows], 64)])
    pixels = 600.0 * points[..., :2] / points[..., 2:] + [320.0, 240.0]
    low, high = pixels.min(axis=1), pixels.max(axis=1)
    side = 1.45 * (high - low).max(axis=1)
    crop = np.concatenate([(low + high) / 2 - side[:, None] / 2, side[:, None], side[:, None]], axis=1)
    zero, intrinsics = np.zeros(count), np.tile([600.0, 600.0, 320.0, 240.0], (count, 1))
    body = (turns[0], turns[1].reshape(count, 23, 3), shape, transl)
    figures = (zero, zero, zero, np.zeros(count, np.int64))
    person = np.arange(first, first + count)
    return Fits(person, np.ones(count, bool), ("",) * count, *body, intrinsics, pixels, zero, zero, crop, *figures, "anny")


def _parts(rows: list[BodyParameters], size: int) -> list[list[BodyParameters]]:
    return [rows[i : i + size] for i in range(0, len(rows), size)]


def _keypoints(poser: Poser, rows: list[BodyParameters]) -> np.ndarray:
    return np.stack([body.keypoints for body in poser.pose(rows)])
