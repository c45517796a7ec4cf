"""MATLAB files, read without running anything they hold."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from smpl_assets.errors import InputError


def load_mat(path: Path) -> dict[str, Any]:
    """The variables of a `.mat` file; structs become objects with attributes. InputError if it is none."""
    import scipy.io

    try:
        return scipy.io.loadmat(path, struct_as_record=False, squeeze_me=True)
    except NotImplementedError as error:
        raise InputError(f"{path}: a MATLAB 7.3 file", "save it with -v7") from error
    except Exception as error:  # scipy raises whatever its parser trips over; every one means the same to the user
        raise InputError(f"{path}: not a readable MATLAB file ({error})", "fetch it again, or set `format`") from error


def field(struct: Any, name: str) -> Any:
    """A field of a struct; None if there is no struct or no such field, as MATLAB's empty arrays come out."""
    return getattr(struct, name, None) if hasattr(struct, "_fieldnames") else None


def as_list(value: Any) -> list[Any]:
    """A struct array as a list: `squeeze_me` turns one of length 1 into its element and an empty one into an empty array."""
    if value is None:
        return []
    return list(value.reshape(-1)) if isinstance(value, np.ndarray) else [value]


def number(value: Any) -> float | None:
    """A scalar, stored as a number, a text of one, or a 1x1 array; None if empty or anything else."""
    flat = np.asarray(value).reshape(-1) if value is not None else np.empty(0)
    if flat.size != 1:
        return None
    try:
        return float(flat[0])
    except (TypeError, ValueError):
        return None
