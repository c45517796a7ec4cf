"""Opening annotation files so that an unusable one is one clear error."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from smpl_assets.errors import InputError


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
        raise InputError(
            f"{path}: not JSON at line {error.lineno}, column {error.colno} ({error.msg}); {kind} is expected",
            "the file may be cut off or of another format: fetch it again, or set `format`",
        ) from error
    except (OSError, UnicodeDecodeError) as error:
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
