"""MPII as the stacked hourglass's `.h5`, whose centre and scale are already shifted and widened."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from smpl_assets.errors import InputError
from smpl_assets.skipped import Skipped
from training.datasets.mpii_entry import MpiiEntry

# common code moves the centre down by 15 px x scale, then widens the scale: both are undone here
WIDENED = 1.25
CENTRE_SHIFT_PX = 15.0
_NEXT = "give the hourglass's train.h5 or valid.h5"
_NEEDED = ("imgname", "part", "visible", "center", "scale", "normalize")


def read_entries(path: Path, split: str | None, skipped: Skipped) -> list[MpiiEntry]:
    """All people of the file (it holds one split).

    Raises:
        InputError: no HDF5 file, or one of its arrays is missing or of another length.
    """
    arrays = _load(path)
    people = len(arrays["part"])
    wrong = [f"{n} {a.shape}" for n, a in arrays.items() if len(a) != people]
    if arrays["part"].shape[1:] != (16, 2) or arrays["visible"].shape[1:] != (16,) or wrong:
        raise InputError(
            f"{path}: part {arrays['part'].shape} has to be (people, 16, 2), all arrays as long; not so: {wrong or 'visible'}",
            _NEXT,
        )
    raw_scale = arrays["scale"] / WIDENED
    objpos = arrays["center"] - np.stack([np.zeros(people), CENTRE_SHIFT_PX * raw_scale], axis=1)
    joints = np.concatenate([arrays["part"], arrays["visible"][..., None]], axis=2)
    names, head_sizes = arrays["imgname"], arrays["normalize"]
    return [
        MpiiEntry(
            str(row),
            _text(names[row]),
            joints[row],
            objpos[row],
            float(raw_scale[row]),
            float(head_sizes[row]),
        )
        for row in range(people)
    ]


def _load(path: Path) -> dict[str, np.ndarray]:
    import h5py

    try:
        with h5py.File(path, "r") as file:
            missing = [n for n in _NEEDED if n not in file]
            if missing:
                raise InputError(f"{path}: no {', '.join(missing)}; found: {', '.join(file)}", _NEXT)
            return {n: np.asarray(file[n][()]) for n in _NEEDED}
    except OSError as error:
        raise InputError(f"{path}: not a readable HDF5 file ({error})", "fetch it again, or set `format`") from error


def _text(value: Any) -> str:
    """An image name, stored as bytes, text or (older files) one number a letter."""
    if isinstance(value, np.ndarray):
        return "".join(chr(int(code)) for code in value.reshape(-1) if code)
    return value.decode() if isinstance(value, bytes) else str(value)
