"""A few small photographs on disk, made once per process, that the spoilt annotations speak of."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image

SIZE_WH = (64, 48)


@cache
def photographs(names: tuple[str, ...]) -> Path:
    """A folder with these images, each of another colour."""
    root = Path(tempfile.mkdtemp(prefix="rarepose-fuzz-"))
    atexit.register(shutil.rmtree, root, ignore_errors=True)
    for number, name in enumerate(names):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", SIZE_WH, (40 + 30 * number % 200, 90, 120)).save(path)
    return root


def figure(number: int, joints: int) -> np.ndarray:
    """(joints, 2) px of a person inside the photographs, no two numbers alike."""
    random = np.random.default_rng(number)
    return np.round(random.uniform([8, 6], [56, 42], (joints, 2)), 3)


def box_of(points: np.ndarray) -> list[float]:
    """x, y, width, height around points, a pixel wider."""
    low, high = points.min(0) - 1, points.max(0) + 1
    return [float(v) for v in np.round([*low, *(high - low)], 3)]


def shuffled(random: object, entries: Sequence[object]) -> list[object]:
    """The same entries in another order."""
    mixed = list(entries)
    random.shuffle(mixed)  # type: ignore[attr-defined]
    return mixed
