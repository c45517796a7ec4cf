"""YOLO-pose predictions: a folder of text files, one per image, as `yolo predict save_txt save_conf` writes them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from smpl_assets.errors import InputError
from smpl_assets.skipped import Malformed, Skipped
from training.datasets.identity import identity
from training.judging.results import WRONG_NUMBER, Entry, Results, SizeOf, gather, make_entry


def read_yolo_results(folder: Path, keypoints: Sequence[str], size_of: SizeOf, skipped: Skipped) -> Results:
    """Lines `class x y w h` and x, y (score) of each keypoint, in parts of the image, and perhaps the score of the box.

    size_of: the width and height (px) of the image that a file's path below the folder names, without its ending; None where that
    is not known.

    Raises:
        InputError: no text file, or nothing usable in them.
    """
    files = sorted(p for p in folder.rglob("*.txt") if p.name != "classes.txt")
    if not files:
        raise InputError(
            f"{folder}: a folder without text files; YOLO's predictions are one NAME.txt per image",
            "give the `labels` folder of `yolo predict save_txt=True save_conf=True`, or a COCO results file",
        )
    return gather(_entries(files, folder, len(keypoints), size_of, skipped), folder, keypoints, skipped)


def _entries(files: Sequence[Path], folder: Path, joints: int, size_of: SizeOf, skipped: Skipped) -> Iterator[Entry]:
    for file in files:
        name = file.relative_to(folder).with_suffix("").as_posix()
        size = size_of(name)
        try:
            lines = file.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError):
            skipped.add("text file cannot be read", file, name)
            continue
        for number, line in enumerate(lines, 1):
            if line.strip():
                try:
                    yield _entry(line, name, joints, size)
                except Malformed as problem:
                    skipped.add(problem.reason, file, f"line {number}" + (f": {problem.detail}" if problem.detail else ""))


def _entry(line: str, name: str, joints: int, size: tuple[int, int] | None) -> Entry:
    if size is None:
        raise Malformed("image of unknown size, or one that the annotations don't know", name)
    try:
        values = np.array(line.split(), np.float64)
    except ValueError as error:
        raise Malformed("line that is not all numbers", line[:60]) from error
    rest = len(values) - 5
    per_joint = next((k for k in (3, 2) if rest in (k * joints, k * joints + 1)), 0)
    if not per_joint:
        raise Malformed(WRONG_NUMBER, f"{len(values)} numbers, {5 + 3 * joints} or {6 + 3 * joints} expected")
    rows = values[5 : 5 + per_joint * joints].reshape(joints, per_joint)
    score = float(values[-1]) if rest % joints or rest == per_joint * joints + 1 else math.nan
    middle, extent = values[1:3] * size, values[3:5] * size
    return make_entry(
        rows[:, :2] * size, rows[:, 2] if per_joint == 3 else np.full(joints, np.nan), score,
        np.concatenate([middle - extent / 2, extent]), None, name, identity(float(values[0])),
        scored=rest == per_joint * joints + 1,
    )  # fmt: skip
