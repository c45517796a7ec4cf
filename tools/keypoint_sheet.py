"""Pictures of where a body's keypoints lie, for the docs (`python -m tools.keypoint_sheet OUT`)."""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
import numpy as np
import torch
from jaxtyping import Float, Int, UInt8

from smpl_assets.body.pose import BodyPose
from smpl_assets.body.protocol import BodyModel, load_body
from smpl_assets.body.settings import BodySettings
from smpl_assets.drawing.meshes import draw_mesh
from smpl_assets.drawing.poses import draw_pose
from smpl_assets.labels import SEEN
from smpl_assets.rotations import rotation_about
from smpl_assets.skeletons import SKELETONS, get_skeleton

_YAWS = (0.0, -1.2)
_FOCAL = 2.4
_PALE = (232, 226, 220)
Picture = UInt8[np.ndarray, "height width 3"]


def keypoint_sheet(body: BodyModel, skeleton: str, height: int = 460) -> Picture:
    """A standing body from the front and from its left with a skeleton's numbered keypoints, and their names (RGB)."""
    if body.topology is None:
        raise ValueError("a body without UV file has no faces to draw")
    views = [_view(body, body.topology.faces, skeleton, yaw, height) for yaw in _YAWS]
    return np.concatenate([*views, _names(skeleton, height)], axis=1)


def _posed(body: BodyModel, skeleton: str, yaw: float) -> tuple[Float[np.ndarray, "vertices 3"], Float[np.ndarray, "joints 3"]]:
    """Vertices and keypoints, m in the camera frame."""
    pose = torch.eye(3).repeat(1, 23, 1, 1)
    pose[0, 15], pose[0, 16] = (rotation_about("z", torch.tensor(a)) for a in (-0.7, 0.7))
    root = torch.diag(torch.tensor([1.0, -1.0, -1.0])) @ rotation_about("y", torch.tensor(yaw))
    with torch.no_grad():
        out = body(BodyPose(root[None], pose, torch.zeros(1, body.shape_size), torch.zeros(1, 3)))
        points = body.keypoints(get_skeleton(skeleton), out)
    middle = 0.5 * (out.vertices[0].amax(0) + out.vertices[0].amin(0))
    shift = torch.tensor([0.0, 0.0, 5.0]) - middle
    return (out.vertices[0] + shift).double().numpy(), (points[0] + shift).double().numpy()


def _view(body: BodyModel, faces: Int[np.ndarray, "faces 3"], skeleton: str, yaw: float, height: int) -> Picture:
    vertices, points = _posed(body, skeleton, yaw)
    width = int(0.72 * height)
    intrinsics = np.array([_FOCAL * height, _FOCAL * height, width / 2, height / 2])
    white = np.full((height, width, 3), 255, np.uint8)
    picture = draw_mesh(white, vertices, faces, intrinsics, 1.0, _PALE)
    kind, at = get_skeleton(skeleton), points[:, :2] / points[:, 2:] * intrinsics[:2] + intrinsics[2:]
    picture = draw_pose(picture, kind, at, np.full(len(kind), SEEN), radius=4.0)
    for number, (x, y) in enumerate(at.round().astype(int).tolist()):
        cv2.putText(picture, str(number), (x + 5, y - 4), cv2.FONT_HERSHEY_SIMPLEX, 0.36, (20, 20, 20), 1, cv2.LINE_AA)
    return picture


def _names(skeleton: str, height: int) -> Picture:
    kind = get_skeleton(skeleton)
    panel = np.full((height, 170, 3), 255, np.uint8)
    cv2.putText(panel, skeleton, (6, 22), cv2.FONT_HERSHEY_SIMPLEX, 0.55, (20, 20, 20), 1, cv2.LINE_AA)
    for number, (name, colour) in enumerate(zip(kind.keypoints, kind.colours, strict=True)):
        y = 48 + 20 * number
        cv2.circle(panel, (12, y - 4), 4, colour, -1, cv2.LINE_AA)
        cv2.putText(panel, f"{number} {name}", (22, y), cv2.FONT_HERSHEY_SIMPLEX, 0.4, (20, 20, 20), 1, cv2.LINE_AA)
    return panel


def main(folder: Path) -> None:
    """Write `keypoints_<skeleton>.png` of every skeleton on Anny."""
    body = load_body(BodySettings())
    folder.mkdir(parents=True, exist_ok=True)
    for skeleton in SKELETONS:
        picture = keypoint_sheet(body, skeleton)
        cv2.imwrite(str(folder / f"keypoints_{skeleton}.png"), picture[:, :, ::-1], [cv2.IMWRITE_PNG_COMPRESSION, 9])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
