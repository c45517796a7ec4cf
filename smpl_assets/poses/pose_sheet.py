"""Sheets of many poses in one picture, drawn in software: stick figures or shaded meshes."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import torch
from jaxtyping import Float, Int, UInt8
from torch import Tensor

from smpl_assets.body.pose import BodyPose
from smpl_assets.body.protocol import SMPL_JOINTS, SMPL_PARENTS, BodyModel
from smpl_assets.body.stick_figure import stick_joints

_LEFT, _RIGHT, _MIDDLE = (0, 130, 145), (215, 105, 10), (90, 90, 100)
_SKIN = np.array([214.0, 190.0, 172.0])
_LIGHT = np.array([-0.45, -0.6, -0.66])
_DISTANCE = 3.2


def pose_sheet(
    body_pose: Float[Tensor, "n 23 3 3"],
    global_orient: Float[Tensor, "n 3 3"],
    labels: Sequence[str] = (),
    columns: int = 10,
    cell: int = 120,
    body: BodyModel | None = None,
) -> UInt8[np.ndarray, "height width 3"]:
    """Draw n poses, row by row (RGB, white ground).

    labels: one text per cell, or none; columns: cells in a row; cell: side of a cell, px; body: the model to draw as a shaded
        mesh, stick
    figures where None. Every figure is centred and seen by the same camera, so sizes compare.
    """
    count = len(body_pose)
    pictures = []
    for first in range(0, count, 32):
        pose, root = body_pose[first : first + 32], global_orient[first : first + 32]
        pictures += _sticks(pose, root, cell) if body is None else _meshes(body, pose, root, cell)
    for picture, label in zip(pictures, labels, strict=False):
        cv2.putText(picture, label[: cell // 6], (3, cell - 5), cv2.FONT_HERSHEY_SIMPLEX, 0.32, (60, 60, 60), 1, cv2.LINE_AA)
    return tile(pictures, columns)


def tile(pictures: Sequence[UInt8[np.ndarray, "height width 3"]], columns: int) -> UInt8[np.ndarray, "rows columns 3"]:
    """Equal pictures side by side, row by row; the last row is filled up with white."""
    if not pictures:
        return np.full((1, 1, 3), 255, np.uint8)
    columns = min(columns, len(pictures))
    filled = [*pictures, *[np.full_like(pictures[0], 255)] * (-len(pictures) % columns)]
    return np.concatenate([np.concatenate(filled[i : i + columns], axis=1) for i in range(0, len(filled), columns)])


def _sticks(body_pose: Tensor, global_orient: Tensor, cell: int) -> list[np.ndarray]:
    joints = stick_joints(body_pose, global_orient).double().numpy()
    return [draw_skeleton(j, cell) for j in joints]


def draw_skeleton(joints: Float[np.ndarray, "24 3"], cell: int) -> UInt8[np.ndarray, "cell cell 3"]:
    """One stick figure from its joints (camera frame, m): left bones blue-green, right ones orange, far bones first."""
    picture = np.full((cell, cell, 3), 255, np.uint8)
    points, depth = _project(joints, cell)
    bones = sorted(range(1, len(SMPL_JOINTS)), key=lambda j: -(depth[j] + depth[SMPL_PARENTS[j]]))
    for joint in bones:
        name = SMPL_JOINTS[joint]
        colour = _LEFT if name.startswith("left_") else _RIGHT if name.startswith("right_") else _MIDDLE
        start, end = _fixed(points[SMPL_PARENTS[joint]]), _fixed(points[joint])
        cv2.line(picture, start, end, colour, max(1, cell // 45), cv2.LINE_AA, 4)
    cv2.circle(picture, _fixed(points[SMPL_JOINTS.index("head")]), cell // 2, _MIDDLE, -1, cv2.LINE_AA, 4)
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
    """One shaded mesh (camera frame, m) in a square picture, drawn at twice the size and reduced."""
    side = 2 * cell
    points, depth = _project(vertices, side)
    placed = np.concatenate([vertices[:, :2], depth[:, None]], axis=1)
    large = paint_mesh(points, placed, faces, (side, side), _SKIN)
    return cv2.resize(large, (cell, cell), interpolation=cv2.INTER_AREA)


def paint_mesh(
    pixels: Float[np.ndarray, "vertices 2"],
    vertices: Float[np.ndarray, "vertices 3"],
    faces: Int[np.ndarray, "faces 3"],
    size: tuple[int, int],
    colour: Float[np.ndarray, "3"],
) -> UInt8[np.ndarray, "height width 3"]:
    """Faces seen from outside, painted from far to near on white; size is (height, width), colour RGB 0..255."""
    picture = np.full((*size, 3), 255, np.uint8)
    corners = vertices[faces]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals /= np.linalg.norm(normals, axis=1, keepdims=True) + 1e-12
    light = np.clip(normals @ (_LIGHT / np.linalg.norm(_LIGHT)), 0, 1)
    shades = np.clip(colour * (0.35 + 0.65 * light)[:, None], 0, 255)
    flat = pixels[faces]
    a, b = flat[:, 1] - flat[:, 0], flat[:, 2] - flat[:, 0]
    front = np.flatnonzero(a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0] < 0)
    fixed = np.round(flat * 16).astype(np.int32)
    for face in front[np.argsort(-corners[front, :, 2].mean(1))]:
        cv2.fillConvexPoly(picture, fixed[face], shades[face].tolist(), cv2.LINE_8, 4)
    return picture


def _project(points: np.ndarray, cell: int) -> tuple[np.ndarray, np.ndarray]:
    """Pixels of points whose box's centre is put in the middle of the cell, and their depth."""
    centred = points - (points.max(0) + points.min(0)) / 2
    depth = centred[:, 2] + _DISTANCE
    return 1.12 * cell * centred[:, :2] / depth[:, None] + cell / 2, depth


def _fixed(point: np.ndarray) -> tuple[int, int]:
    """OpenCV's fixed point with four fractional bits."""
    return round(float(point[0]) * 16), round(float(point[1]) * 16)
