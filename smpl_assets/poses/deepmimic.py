"""The DeepMimic humanoid's motion text format (Peng et al. 2018), retargeted to SMPL.

A file is JSON: {"Loop": ..., "Frames": [[duration s, root position 3, root quaternion 4, joints ...], ...]}, 44 numbers a frame:
    quaternions
(w, x, y, z) of spherical joints, one angle (rad, about z) of knees and elbows. The humanoid faces +x, y is up, its right is +z;
its rest posture stands with hanging arms.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float

from smpl_assets.errors import InputError
from smpl_assets.poses.clips import Clip, ClipFormat, thin
from smpl_assets.poses.retarget import ALIGNED_BONES, finite, retarget
from smpl_assets.rotations import rotation_about

FRAME_SIZE = 44
# Joint -> (first number in the frame, how many, parent), in the order of data/characters/humanoid3d.txt.
_JOINTS: dict[str, tuple[int, int, str | None]] = {
    "root": (4, 4, None),
    "chest": (8, 4, "root"),
    "neck": (12, 4, "chest"),
    "right_hip": (16, 4, "root"),
    "right_knee": (20, 1, "right_hip"),
    "right_ankle": (21, 4, "right_knee"),
    "right_shoulder": (25, 4, "chest"),
    "right_elbow": (29, 1, "right_shoulder"),
    "left_hip": (30, 4, "root"),
    "left_knee": (34, 1, "left_hip"),
    "left_ankle": (35, 4, "left_knee"),
    "left_shoulder": (39, 4, "chest"),
    "left_elbow": (43, 1, "left_shoulder"),
}
_SMPL = {"root": "pelvis", "chest": "spine3", "neck": "head"}
# Columns: where the humanoid's x (front), y (up) and z (right) point in SMPL's body frame.
_BODY_FROM_HUMANOID = torch.tensor([[0.0, 0.0, -1.0], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0]])
_DOWN = torch.tensor([0.0, -1.0, 0.0])


def is_clip(path: Path) -> bool:
    """Whether the file looks like a motion (and not a character or a licence)."""
    with open(path, errors="replace") as file:
        return '"Frames"' in file.read(4096)


def read_frames(path: Path) -> Float[np.ndarray, "frames 44"]:
    """The frames of a motion file (T, 44); InputError if it is not one."""
    try:
        frames = np.array(json.loads(path.read_text(encoding="utf-8"))["Frames"], dtype=float)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path}: not a DeepMimic motion ({error})", "a motion is JSON with a list `Frames`") from error
    if frames.ndim != 2 or frames.shape[1] != FRAME_SIZE or not len(frames) or not finite(frames):
        raise InputError(
            f"{path}: frames of {FRAME_SIZE} finite numbers expected, shape {frames.shape} found", "humanoid3d clips are read"
        )
    return frames


def global_rotations(frames: Float[np.ndarray, "frames 44"]) -> dict[str, Float[torch.Tensor, "frames 3 3"]]:
    """Turn of every humanoid joint from the rest posture, world and body axes as SMPL's (y up, facing +z)."""
    whole: dict[str, torch.Tensor] = {}
    for joint, (first, size, parent) in _JOINTS.items():
        numbers = torch.from_numpy(frames[:, first : first + size]).float()
        turn = _from_quaternion(numbers) if size == 4 else rotation_about("z", numbers[:, 0])
        whole[joint] = turn if parent is None else whole[parent] @ turn
    change = _BODY_FROM_HUMANOID
    return {joint: change @ turn @ change.T for joint, turn in whole.items()}


def _from_quaternion(wxyz: torch.Tensor) -> torch.Tensor:
    import roma

    return roma.unitquat_to_rotmat(torch.nn.functional.normalize(wxyz, dim=-1).roll(-1, dims=-1))


def read_clip(path: Path, frames_per_second: float = 0.0) -> Clip:
    """One motion as SMPL poses, thinned to about `frames_per_second` (0: all frames)."""
    frames = read_frames(path)
    step = float(frames[0, 0])
    rows = thin(len(frames), 1.0 / step if step > 0 else 0.0, frames_per_second)
    whole = {_SMPL.get(joint, joint): turn[rows] for joint, turn in global_rotations(frames).items()}
    return retarget(path.stem, whole, dict.fromkeys(ALIGNED_BONES, _DOWN))


DEEPMIMIC = ClipFormat(("*.txt",), is_clip, read_clip)
