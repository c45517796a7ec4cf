"""The DeepMimic humanoid's motion text format (Peng et al. 2018), retargeted to SMPL.

A file is JSON: {"Loop": ..., "Frames": [[duration s, root position 3, root quaternion 4, joints ...], ...]}, 44 numbers a frame:
    quaternions
(w, x, y, z) of spherical joints, one angle (rad, about z) of knees and elbows. The humanoid faces +x, y is up, its right is +z;
its rest posture stands with hanging arms.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float

from smpl_assets.errors import InputError
from smpl_assets.file_kind import cannot_be_read
from smpl_assets.poses.clips import Clip, ClipFormat, thin
from smpl_assets.poses.retarget import ALIGNED_BONES, retarget
from smpl_assets.rotations import rotation_about

FRAME_SIZE = 44
_LARGEST_RAD = 1e3
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
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return '"Frames"' in file.read(4096)
    except OSError:
        return True  # reading it says why it cannot be


def read_frames(path: Path) -> Float[np.ndarray, "frames 44"]:
    """The frames of a motion file (T, 44); InputError naming the frame that is wrong."""
    try:
        rows = json.loads(path.read_text(encoding="utf-8-sig"))["Frames"]
        if not isinstance(rows, list) or not rows:
            raise ValueError("`Frames` is no list of frames")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise cannot_be_read(path, "a DeepMimic motion", error, "a motion is JSON with a list `Frames`") from error
    for number, row in enumerate(rows):
        if not isinstance(row, list) or len(row) != FRAME_SIZE:
            met = f"{len(row)} numbers" if isinstance(row, list) else f"a {type(row).__name__}"
            raise InputError(f"{path}: frame {number} is {met}, {FRAME_SIZE} expected", "humanoid3d clips are read")
    try:
        frames = np.array(rows, dtype=float)
    except (TypeError, ValueError) as error:
        raise InputError(f"{path}: a frame holds what is no number ({error})", "leave the file out") from error
    bad = np.flatnonzero(~np.isfinite(frames).all(1))
    if len(bad):
        raise InputError(f"{path}: NaN or an infinite number in frame {bad[0]}", "leave the file out")
    for joint, (first, count, _) in _JOINTS.items():
        far = np.flatnonzero(np.abs(frames[:, first]) > _LARGEST_RAD)
        if len(far):
            raise InputError(f"{path}: {joint} in frame {far[0]} turns by {frames[far[0], first]:.3g} rad", "leave the file out")
        length = np.linalg.norm(frames[:, first : first + 4], axis=1) if count == 4 else np.ones(1)
        odd = np.flatnonzero((length < 0.5) | (length > 2))
        if len(odd):
            what = f"{path}: the quaternion of {joint} in frame {odd[0]} has the length {length[odd[0]]:.3g}, 1 expected"
            raise InputError(what, "leave the file out")
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
    from smpl_assets.roma_alone import roma

    return roma.unitquat_to_rotmat(torch.nn.functional.normalize(wxyz, dim=-1).roll(-1, dims=-1))


def read_clip(path: Path, frames_per_second: float = 0.0) -> Clip:
    """One motion as SMPL poses, thinned to about `frames_per_second` (0: all frames)."""
    frames = read_frames(path)
    step = float(frames[0, 0])
    rows, rate = thin(len(frames), 1.0 / step if step > 0 else 0.0, frames_per_second)
    whole = {_SMPL.get(joint, joint): turn[rows] for joint, turn in global_rotations(frames).items()}
    return replace(retarget(path.stem, whole, dict.fromkeys(ALIGNED_BONES, _DOWN)), rate=rate)


DEEPMIMIC = ClipFormat(("*.txt",), is_clip, read_clip)
