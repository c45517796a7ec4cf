"""Poses that are SMPL's already: AMASS archives (`poses`, z up) and plain arrays of SMPL poses (y up)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from smpl_assets.errors import InputError
from smpl_assets.npz_file import read_npy, read_npz
from smpl_assets.poses.clips import Clip, ClipFormat, thin
from smpl_assets.rotations import axis_angle_from_matrix, matrix_from_axis_angle, rotation_about

_WHOLE, _BODY, _ROOT = ("poses", "pose"), ("body_pose", "pose_body"), ("global_orient", "root_orient")
_RATE = ("mocap_framerate", "mocap_frame_rate")
_LAYOUTS = "docs/poses.md lists the layouts that are read"
_FASTEST, _LARGEST, _ROUNDING = 1e5, 1e3, 0.02  # frames a second; radians; away from an orthonormal matrix
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

    `.npz`: `poses` or `pose` (T, 72 | 156 | 165) axis-angle beginning with the global orientation, as AMASS writes them (z is up
    where `mocap_framerate` or `mocap_frame_rate` is there); or `body_pose` or `pose_body` (T, 63 | 69) with `global_orient` or
    `root_orient` (T, 3) or none. `.npy`: (T, 72), (T, 69), (T, 24, 3) or (T, 23, 3). Rotation matrices (T, joints, 3, 3) do as
    well. Pickles are not opened.

    Raises InputError naming the arrays met, their shapes, and what is wanted.
    """
    arrays, listing = _arrays(path)
    rate = _rate(path, arrays)
    root, body = _split(path, arrays, listing)
    rows, left = thin(len(body), rate, frames_per_second)
    rotations = matrix_from_axis_angle(torch.from_numpy(body[rows.numpy()]).float().unflatten(1, (-1, 3)))
    world = matrix_from_axis_angle(torch.from_numpy(root[rows.numpy()]).float())
    if rate > 0:
        world = rotation_about("x", torch.tensor(-torch.pi / 2)) @ world
    return Clip(path.stem, rotations, world, left)


def _arrays(path: Path) -> tuple[dict[str, np.ndarray], str]:
    """The arrays of the file, and a list of what it holds."""
    if path.suffix.lower() == ".npy":
        array = read_npy(path, "an array file (.npy)", _LAYOUTS)
        return {"poses": array}, f"an array {array.shape}"
    return read_npz(path, (*_WHOLE, *_BODY, *_ROOT, *_RATE), "an archive of arrays (.npz)", _LAYOUTS)


def _rate(path: Path, arrays: dict[str, np.ndarray]) -> float:
    """Frames a second; 0 where the file does not say."""
    name = next((n for n in _RATE if n in arrays), None)
    if name is None:
        return 0.0
    try:
        rate = float(arrays[name].reshape(()))
    except (TypeError, ValueError):
        raise InputError(f"{path}: {name} {arrays[name].shape} is not one number", _LAYOUTS) from None
    if not 0 < rate <= _FASTEST:
        raise InputError(
            f"{path}: {name} is {rate:g}, frames a second expected, at most {_FASTEST:g}", "correct it, or leave it out"
        )
    return rate


def _split(path: Path, arrays: dict[str, np.ndarray], listing: str) -> tuple[np.ndarray, np.ndarray]:
    """Global orientation (T, 3) and body pose (T, 69), hands of SMPL-H and SMPL-X left out."""
    name = next((n for n in (*_WHOLE, *_BODY) if n in arrays), None)
    if name is None:
        raise InputError(f"{path}: no poses or body_pose of shape (T, n); there is {listing}", _LAYOUTS)
    flat = _axis_angles(path, name, arrays[name])
    width = flat.shape[1]
    if name in _WHOLE and width in (72, 156, 165):
        return flat[:, :3], _padded(flat[:, 3:72] if width == 72 else flat[:, 3 : 3 + BODY])
    if width not in (BODY, 69):
        wanted = "63, 69, 72, 156 or 165" if name in _WHOLE else "63 or 69"
        raise InputError(f"{path}: {name} {arrays[name].shape} has {width} numbers a pose; {wanted} are read", _LAYOUTS)
    orient = next((n for n in _ROOT if n in arrays), None)
    root = np.zeros((len(flat), 3)) if orient is None else _axis_angles(path, orient, arrays[orient])
    if root.shape != (len(flat), 3):
        raise InputError(f"{path}: {orient} {root.shape} for {name} {flat.shape}; ({len(flat)}, 3) expected", "check the file")
    return root, _padded(flat)


def _axis_angles(path: Path, name: str, array: np.ndarray) -> np.ndarray:
    """An array of T poses, flat, in radians (T, n); InputError where it is none, or holds what is no number."""
    if array.dtype.kind not in "fiu" or array.ndim < 2 or not array.size:
        raise InputError(f"{path}: {name} of type {array.dtype} and shape {array.shape}; (T, n) numbers expected", _LAYOUTS)
    bad = np.flatnonzero(~np.isfinite(array.reshape(len(array), -1)).all(1))
    if len(bad):
        raise InputError(f"{path}: {name} holds NaN or infinite numbers, first in frame {bad[0]}", "leave the file out")
    largest = float(np.abs(array.astype(np.float64)).max())
    if largest > _LARGEST:
        raise InputError(f"{path}: {name} holds {largest:g}; rotations in radians expected", "leave the file out")
    if array.ndim == 4 and array.shape[2:] == (3, 3):
        _check_matrices(path, name, array)
        array = axis_angle_from_matrix(torch.from_numpy(array).double()).numpy()
    flat = array.reshape(len(array), -1).astype(np.float64)
    _check_radians(path, name, flat)
    return flat


def _check_matrices(path: Path, name: str, array: np.ndarray) -> None:
    """InputError where (T, n, 3, 3) are no rotations."""
    matrices = array.astype(np.float64)
    away = np.abs(matrices @ matrices.swapaxes(2, 3) - np.eye(3)).max((1, 2, 3))
    if away.max() > _ROUNDING:
        raise InputError(
            f"{path}: {name} {array.shape} holds matrices that are no rotations, first in frame {np.argmax(away > _ROUNDING)}",
            "leave the file out",
        )


def _check_radians(path: Path, name: str, flat: np.ndarray) -> None:
    """InputError where most poses turn a joint by more than once around: degrees, for bodies do not."""
    if flat.shape[1] % 3 == 0:
        body = flat[:, : 3 + BODY]  # fingers are not read
        largest = np.linalg.norm(body.reshape(len(flat), -1, 3), axis=2).max(1)
        if np.median(largest) > 2 * np.pi:
            raise InputError(
                f"{path}: {name} turns a joint by {np.median(largest):.3g} rad in every other frame: these are degrees",
                "multiply by pi / 180",
            )


def _padded(body: np.ndarray) -> np.ndarray:
    return np.pad(body, ((0, 0), (0, 69 - body.shape[1])))


AMASS = ClipFormat(("*.npz",), is_clip, read_clip)
SMPL = ClipFormat(("*.npz", "*.npy"), is_clip, read_clip)
