"""The inverse function's artifact and fitted bodies, every third of them turned away."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from smpl_assets.archive import write_json
from smpl_assets.body.keypoints import KeypointTable
from smpl_assets.body.pose import BodyPose
from smpl_assets.body.protocol import BodyOutput, Topology
from smpl_assets.inverse.fits import Fits
from smpl_assets.pose_table import PoseTable


class BoxBody:
    """A body that is a box of 0.5 x 1.7 x 0.3 m: enough for the report, and there at once."""

    name, digest, shape_size = "anny", "box", 3

    def __init__(self) -> None:
        corners = np.array([[x, y, z] for x in (-0.25, 0.25) for y in (-0.85, 0.85) for z in (-0.15, 0.15)])
        self._vertices = torch.tensor(corners, dtype=torch.float32)
        quads = [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)]
        faces = np.array([t for a, b, c, d in quads for t in ((a, b, c), (a, c, d))])
        self.points = KeypointTable("box", 8, {}, {})
        self.topology = Topology(faces, np.zeros((1, 2)), np.zeros_like(faces))

    def __call__(self, pose: BodyPose) -> BodyOutput:
        """The turned box at `transl`."""
        vertices = self._vertices @ pose.global_orient.transpose(1, 2) + pose.transl[:, None]
        return BodyOutput(vertices, self.joints(pose))

    def joints(self, pose: BodyPose) -> torch.Tensor:
        """All at `transl`."""
        return pose.transl[:, None].expand(-1, 24, 3)

    keypoints = sparse_keypoints = to = joints  # a BodyModel has them; the report asks for none


def inverse(out: Path) -> Path:
    """Losses and a pose pool."""
    steps = range(1, 2001, 50)
    rng = np.random.default_rng(0)
    losses = [{"step": s, "loss": 3 / s**0.4, "rotations": 1.5 / s**0.3, "joints": 0.9 / s**0.5} for s in steps]
    write_json(out / "losses.json", losses)
    pose = rng.normal(0, 0.35, (24, 23, 3)).astype(np.float32)
    orient = np.tile(np.array([np.pi, 0, 0], np.float32), (24, 1))
    label = np.array(["standing"] * 10 + ["lunge"] * 8 + ["handstand"] * 6)
    np.savez(out / "pool.npz", body_pose=pose, global_orient=orient, label=label, source=np.array(["built-in"] * 24))
    return out


def fit(out: Path, table: PoseTable, rows: np.ndarray) -> Path:
    """Fits of the people of `rows`."""
    n = len(rows)
    boxes = table.bbox_xywh[rows]
    side = boxes[:, 2:].max(1) * 1.25
    corner = boxes[:, :2] + boxes[:, 2:] / 2 - side[:, None] / 2
    focal = side * 2.2
    accepted = np.arange(n) % 3 != 2
    error = np.linspace(0.006, 0.035, n)
    fits = Fits(
        person=rows.astype(np.int64),
        accepted=accepted,
        reason=tuple("" if a else "reprojection error above the bound" for a in accepted),
        global_orient=np.tile([np.pi, 0.0, 0.0], (n, 1)),
        body_pose=np.random.default_rng(1).normal(0, 0.25, (n, 23, 3)),
        shape=np.zeros((n, BoxBody.shape_size)),
        transl=np.tile([0.0, 0.0, 4.2], (n, 1)),
        intrinsics=np.stack([focal, focal, corner[:, 0] + side / 2, corner[:, 1] + side / 2], 1),
        keypoints=table.keypoints[rows],
        error_px=error * side,
        error_crop=error,
        crop_xywh=np.concatenate([corner, side[:, None], side[:, None]], 1),
        penetration_m=np.zeros(n),
        limit_deg=np.zeros(n),
        surprise=np.zeros(n),
        hypothesis=np.zeros(n, np.int64),
        body="anny",
    )
    fits.save(out / "fits.npz")
    return out
