"""Sheets of many poses in one picture, drawn in software: stick figures or shaded meshes."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import torch
from jaxtyping import Float, Int, UInt8
from torch import Tensor

from smpl_assets.body.kinematics import stick_joints
from smpl_assets.body.pose import BodyPose
from smpl_assets.body.protocol import SMPL_JOINTS, SMPL_PARENTS, BodyModel
from smpl_assets.drawing import meshes
from smpl_assets.drawing.sheets import sheet
from smpl_assets.skeletons import side_colour

_DISTANCE_M = 3.2
_FOCAL = 1.2  # of the cell's side


def pose_sheet(
    body_pose: Float[Tensor, "n 23 3 3"],
    global_orient: Float[Tensor, "n 3 3"],
    labels: Sequence[str] = (),
    columns: int = 10,
    cell: int = 120,
    body: BodyModel | None = None,
) -> UInt8[np.ndarray, "height width 3"]:
    """Draw n poses, row by row (RGB, white ground).

    labels: one text per cell, or none. columns: cells in a row. cell: side of a cell, px. body: the model to draw as a shaded
        mesh, stick figures where None. Every figure is centred and seen by the same camera, so sizes compare.
    """
    count = len(body_pose)
    pictures = []
    for first in range(0, count, 32):
        pose, root = body_pose[first : first + 32], global_orient[first : first + 32]
        pictures += _sticks(pose, root, cell) if body is None else _meshes(body, pose, root, cell)
    for picture, label in zip(pictures, labels, strict=False):
        cv2.putText(picture, label[: cell // 6], (3, cell - 5), cv2.FONT_HERSHEY_SIMPLEX, 0.32, (60, 60, 60), 1, cv2.LINE_AA)
    return sheet(pictures, min(columns, len(pictures)), gap=0)


def _sticks(body_pose: Tensor, global_orient: Tensor, cell: int) -> list[np.ndarray]:
    joints = stick_joints(body_pose, global_orient).double().numpy()
    return [draw_skeleton(j, cell) for j in joints]


def draw_skeleton(joints: Float[np.ndarray, "24 3"], cell: int) -> UInt8[np.ndarray, "cell cell 3"]:
    """One stick figure from its joints (camera frame, m): left bones blue-green, right ones orange, far bones first."""
    picture = np.full((cell, cell, 3), 255, np.uint8)
    placed = _centred(joints)
    points, depth = _FOCAL * cell * placed[:, :2] / placed[:, 2:] + cell / 2, placed[:, 2]
    bones = sorted(range(1, len(SMPL_JOINTS)), key=lambda j: -(depth[j] + depth[SMPL_PARENTS[j]]))
    for joint in bones:
        start, end = _fixed(points[SMPL_PARENTS[joint]]), _fixed(points[joint])
        cv2.line(picture, start, end, side_colour(SMPL_JOINTS[joint]), max(1, cell // 45), cv2.LINE_AA, 4)
    cv2.circle(picture, _fixed(points[SMPL_JOINTS.index("head")]), cell // 2, side_colour("head"), -1, cv2.LINE_AA, 4)
    return picture


def _meshes(body: BodyModel, body_pose: Tensor, global_orient: Tensor, cell: int) -> list[np.ndarray]:
    count = len(body_pose)
    if body.topology is None:
        return _sticks(body_pose, global_orient, cell)
    with torch.no_grad():
        posed = body(BodyPose(global_orient, body_pose, torch.zeros(count, body.shape_size), torch.zeros(count, 3)))
    return [draw_mesh(v, body.topology.faces, cell) for v in posed.vertices.cpu().double().numpy()]


def draw_mesh(
    vertices: Float[np.ndarray, "vertices 3"], faces: Int[np.ndarray, "faces 3"], cell: int
) -> UInt8[np.ndarray, "cell cell 3"]:
    """One shaded mesh (camera frame, m) in a square picture, centred."""
    placed = _centred(vertices)
    white = np.full((cell, cell, 3), 255, np.uint8)
    intrinsics = np.array([_FOCAL * cell, _FOCAL * cell, cell / 2, cell / 2])
    return meshes.draw_mesh(white, placed, faces, intrinsics, 1.0, meshes.CLAY)


def _centred(points: Float[np.ndarray, "points 3"]) -> Float[np.ndarray, "points 3"]:
    """The points with their box's centre on the optical axis, at the sheet's distance."""
    return points - (points.max(0) + points.min(0)) / 2 + np.array([0.0, 0.0, _DISTANCE_M])


def _fixed(point: np.ndarray) -> tuple[int, int]:
    """OpenCV's fixed point with four fractional bits."""
    return round(float(point[0]) * 16), round(float(point[1]) * 16)
