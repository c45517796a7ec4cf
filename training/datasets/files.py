"""Opening annotation files so that an unusable one is one clear error; MATLAB's without running anything they hold."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from smpl_assets.errors import InputError
from smpl_assets.file_kind import kind_of
from training.datasets.mat_tags import check_tags


def require_file(path: Path, kind: str) -> Path:
    """`path` if it is a readable file; InputError otherwise. `kind` says what should be there."""
    if not path.exists():
        raise InputError(
            f"{path}: no such file ({kind})", "correct the path, or set data.root to the folder that holds the data set"
        )
    if not path.is_file():
        raise InputError(f"{path}: a folder where {kind} is expected", "name the file itself")
    return path


def load_json(path: Path, kind: str) -> Any:
    """The value of a JSON file; InputError if it is missing, unreadable or not JSON (with line and column)."""
    require_file(path, kind)
    try:
        return json.loads(path.read_bytes())
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        if error.msg == "Extra data":
            raise InputError(
                f"{path}: the JSON ends before {where} and more follows (JSON lines, or files joined); {kind} is expected",
                'make it one value: {"images": [...], "annotations": [...], "categories": [...]}',
            ) from error
        other = kind_of(path)
        if other is not None:
            raise InputError(f"{path}: this is {other.what}; {kind} is expected", other.next_step) from error
        raise InputError(
            f"{path}: not JSON at {where} ({error.msg}); {kind} is expected",
            "the file may be cut off or of another format: fetch it again, or set `format`",
        ) from error
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path}: byte {error.start} is no text in {error.encoding.upper()}; {kind} is expected", "save the file as UTF-8"
        ) from error
    except RecursionError as error:
        raise InputError(f"{path}: JSON nested too deeply; {kind} is expected", "fetch it again, or set `format`") from error
    except (OSError, ValueError) as error:  # not Unicode, or a number of thousands of digits
        raise InputError(
            f"{path}: cannot be read ({error}); {kind} is expected", "check its permissions and its content"
        ) from error


def require_list(document: Any, key: str, path: Path) -> list[Any]:
    """The list at the top-level `key` of a JSON document; InputError naming what is there instead."""
    if not isinstance(document, dict):
        raise InputError(f"{path}: the top level is {_kind(document)}, an object with '{key}' is expected", "set `format`")
    if not isinstance(document.get(key), list):
        found = ", ".join(map(str, list(document)[:8])) or "nothing"
        raise InputError(
            f"{path}: no list '{key}' at the top level; found: {found}", "give the keypoint annotation file, or set `format`"
        )
    return document[key]


def _kind(value: Any) -> str:
    return {list: "a list", str: "a string", dict: "an object", type(None): "null"}.get(type(value), f"a {type(value).__name__}")


def load_mat(path: Path) -> dict[str, Any]:
    """The variables of a `.mat` file; structs become objects with attributes. InputError if it is none."""
    import scipy.io

    try:
        check_tags(path)
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
