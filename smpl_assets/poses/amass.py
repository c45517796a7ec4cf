"""Poses that are SMPL's already: AMASS archives (`poses`, z up) and plain arrays of SMPL poses (y up)."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import torch

from smpl_assets.errors import InputError
from smpl_assets.poses.clips import Clip, ClipFormat, thin
from smpl_assets.poses.retarget import finite
from smpl_assets.rotations import matrix_from_axis_angle, rotation_about

BODY = 63  # numbers of the 21 body joints that SMPL, SMPL-H and SMPL-X share


def is_clip(path: Path) -> bool:
    """AMASS keeps each subject's shape beside the motions; that is not one."""
    return path.suffix.lower() in (".npz", ".npy") and path.stem not in (
        "shape",
        "neutral_stagei",
        "male_stagei",
        "female_stagei",
    )


def read_clip(path: Path, frames_per_second: float = 0.0) -> Clip:
    """One file, thinned to about `frames_per_second` where it says how fast it is (0: all frames).

    `.npz`: `poses` (T, 72 | 156 | 165) axis-angle beginning with the global orientation, as AMASS writes them (then z is up if
    `mocap_framerate` or `mocap_frame_rate` is there); or `body_pose` (T, 63 | 69) with optional `global_orient` (T, 3).
    `.npy`: (T, 72), (T, 69), (T, 24, 3) or (T, 23, 3). Pickles are not opened.
    """
    arrays = _arrays(path)
    rate = next((float(arrays[k]) for k in ("mocap_framerate", "mocap_frame_rate") if k in arrays), 0.0)
    root, body = _split(path, arrays)
    rows = thin(len(body), rate, frames_per_second)
    rotations = matrix_from_axis_angle(torch.from_numpy(body[rows.numpy()]).float().unflatten(1, (-1, 3)))
    world = matrix_from_axis_angle(torch.from_numpy(root[rows.numpy()]).float())
    if rate > 0:
        world = rotation_about("x", torch.tensor(-torch.pi / 2)) @ world
    return Clip(path.stem, rotations, world)


def _arrays(path: Path) -> dict[str, np.ndarray]:
    names = ("poses", "body_pose", "global_orient", "mocap_framerate", "mocap_frame_rate")
    try:
        loaded = np.load(path, allow_pickle=False)
        if isinstance(loaded, np.ndarray):
            return {"poses": loaded}
        with loaded:
            return {n: loaded[n] for n in names if n in loaded.files}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise InputError(f"{path}: not a readable array file ({error})", "AMASS .npz or .npy without pickles") from error


def _split(path: Path, arrays: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Global orientation (T, 3) and body pose (T, 69), hands of SMPL-H and SMPL-X left out."""
    poses = arrays.get("poses", arrays.get("body_pose"))
    if poses is None or poses.ndim not in (2, 3) or not len(poses) or poses.dtype.kind not in "fiu":
        raise InputError(f"{path}: no `poses` or `body_pose` of shape (T, n)", "see docs/poses.md for the layouts that are read")
    flat = poses.reshape(len(poses), -1).astype(np.float64)
    if not finite(flat):
        raise InputError(f"{path}: poses hold NaN or infinite numbers", "leave the file out")
    if "poses" in arrays and flat.shape[1] in (72, 156, 165):
        root, body = flat[:, :3], flat[:, 3:72] if flat.shape[1] == 72 else flat[:, 3 : 3 + BODY]
    elif flat.shape[1] in (BODY, 69):
        root, body = arrays.get("global_orient", np.zeros((len(flat), 3))).reshape(-1, 3), flat
    else:
        raise InputError(f"{path}: {flat.shape[1]} numbers a pose; 63, 69, 72, 156 or 165 are read", "see docs/poses.md")
    if len(root) != len(body):
        raise InputError(f"{path}: {len(root)} orientations for {len(body)} poses", "check the file")
    return root, np.pad(body, ((0, 0), (0, 69 - body.shape[1])))


AMASS = ClipFormat(("*.npz",), is_clip, read_clip)
SMPL = ClipFormat(("*.npz", "*.npy"), is_clip, read_clip)
