"""What a unit's key is written in: canonical JSON, its digest, what differs between two of them; versions of libraries."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from importlib import metadata

from smpl_assets.opencv_wheels import WHEELS, installed_wheels


def canonical(value: object) -> str:
    """Delimited, sorted JSON without NaN: equal values give equal text and unequal ones do not."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False, ensure_ascii=True)


def digest(value: object) -> str:
    """sha256 (hex) of the canonical JSON of `value`."""
    return hashlib.sha256(canonical(value).encode()).hexdigest()


def difference(old: Mapping[str, object], new: Mapping[str, object], prefix: str = "") -> list[str]:
    """What differs between two nested mappings, one line each: `image_size 128 -> 256`."""
    lines: list[str] = []
    for name in sorted(old.keys() | new.keys()):
        before, after = old.get(name, "(none)"), new.get(name, "(none)")
        if isinstance(before, Mapping) and isinstance(after, Mapping):
            lines += difference(before, after, f"{prefix}{name}.")
        elif before != after:
            lines.append(f"{prefix}{name} {_short(before)} -> {_short(after)}")
    return lines


def _short(value: object) -> str:
    text = value if isinstance(value, str) else canonical(value)
    return text if len(text) <= 60 else text[:57] + "..."


def version_of(distribution: str) -> str:
    """The version of an installed distribution, '' where there is none.

    OpenCV has one name in keys, whichever of its wheels brought it.
    """
    if distribution in WHEELS:
        return next(iter(installed_wheels().values()), "")
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return ""
