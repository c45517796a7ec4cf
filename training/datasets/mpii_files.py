"""What MPII's files say of each person, before any convention is applied: the official release, and the forms made of it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from smpl_assets.errors import InputError
from smpl_assets.skipped import Skipped
from training.datasets.builder import head_size_of_box
from training.datasets.files import as_list, field, load_json, load_mat, number
from training.datasets.identity import is_missing, is_set


@dataclass(frozen=True)
class MpiiEntry:
    """One person as the files give it: 1-based px, nothing shifted or widened.

    joints: (16, 3) as x, y, visible; a joint that is not annotated has x and y <= 0.
    objpos: (2,) px; scale: person height / 200 px; head_size: px, None where there is no head box.
    image_size: (width, height) px or None.
    """

    source_id: str
    image: str
    joints: Any
    objpos: Any
    scale: float | None
    head_size: float | None = None
    image_size: tuple[float, float] | None = None


def read_mat(path: Path, split: str | None, skipped: Skipped) -> list[MpiiEntry]:
    """All annotated people of the training images (MPII keeps the test set's annotations).

    The release marks no validation set: `image_list` in the data settings is how one is cut out.

    Raises:
        InputError: not a MATLAB file, or not MPII's release; a validation split is asked for.
    """
    if split == "validation":
        raise InputError(
            f"{path}: MPII's release marks no validation people",
            "give them as .json or .h5, or name the images of each split in data.train.image_list and data.validation.image_list",
        )
    release = load_mat(path).get("RELEASE")
    images, flags = as_list(field(release, "annolist")), as_list(field(release, "img_train"))
    marks = [number(flag) for flag in flags]
    if not images or len(images) != len(marks) or None in marks:
        raise InputError(f"{path}: no RELEASE with annolist and img_train of one length", "give mpii_human_pose_v1_u12_1.mat")
    entries = []
    for number_of_image, (image, in_train) in enumerate(zip(images, marks, strict=True)):
        if not in_train:
            continue
        for position, person in enumerate(as_list(field(image, "annorect"))):
            entries += _mat_entry(image, person, f"{number_of_image}:{position}", path, skipped)
    return entries


def _mat_entry(image: Any, person: Any, source_id: str, path: Path, skipped: Skipped) -> list[MpiiEntry]:
    """One annotated rectangle as a list of one; empty (counted) if it has no points."""
    given = field(field(image, "image"), "name")
    name = given if isinstance(given, str) else ""
    points = as_list(field(field(person, "annopoints"), "point"))
    if not points:
        skipped.add("no keypoints", path, f"{source_id} (image {name})")
        return []
    corners = [value for n in ("x1", "y1", "x2", "y2") if (value := number(field(person, n))) is not None]
    head_size = head_size_of_box(corners[2] - corners[0], corners[3] - corners[1]) if len(corners) == 4 else None
    position = field(person, "objpos")
    return [
        MpiiEntry(source_id, name, _mat_joints(points), [number(field(position, "x")), number(field(position, "y"))],
                  number(field(person, "scale")), head_size)
    ]  # fmt: skip


def _mat_joints(points: list[Any]) -> np.ndarray:
    """(16, 3) x, y, visible; zero where the file has no such point. An empty flag means hidden, as in MPII's own toolkit."""
    joints = np.zeros((16, 3))
    for point in points:
        joint = number(field(point, "id"))
        if joint is not None and 0 <= int(joint) < 16:
            x, y = number(field(point, "x")), number(field(point, "y"))
            joints[int(joint)] = (np.nan if x is None else x, np.nan if y is None else y, number(field(point, "is_visible")) or 0)
    return joints


def read_json(path: Path, split: str | None, skipped: Skipped) -> list[MpiiEntry]:
    """All people of the file, or, where it marks training and validation people, those of `split`.

    Raises:
        InputError: no JSON list of people in one of the two layouts.
    """
    rows = load_json(path, "MPII annotations")
    first = [row for row in rows[:20] if isinstance(row, dict)] if isinstance(rows, list) else []
    if not any("joint_self" in row or "joints_vis" in row for row in first):
        raise InputError(f"{path}: not a list of people with 'joint_self' or 'joints_vis'", "give MPII's JSON, or set `format`")
    entries = []
    for index, row in enumerate(rows):
        try:
            entry = _from_cpm(row, index) if "joint_self" in row else _from_hrnet(row, index)
        except (KeyError, TypeError, ValueError, IndexError, OverflowError) as error:
            skipped.add("entry incomplete or of the wrong type", path, f"row {index}: {type(error).__name__} {error}")
            continue
        mark = row.get("isValidation")
        entries.append((entry, None if is_missing(mark) else is_set(mark)))
    marks = {mark for _, mark in entries if mark is not None}
    wanted = split == "validation"
    return [e for e, mark in entries if split is None or len(marks) < 2 or mark is None or mark == wanted]


def _from_cpm(row: dict[str, Any], index: int) -> MpiiEntry:
    size = (row["img_width"], row["img_height"]) if "img_width" in row and "img_height" in row else None
    image, scale = str(row["img_paths"]), float(row["scale_provided"])
    return MpiiEntry(str(index), image, row["joint_self"], row["objpos"], scale, image_size=size)


def _from_hrnet(row: dict[str, Any], index: int) -> MpiiEntry:
    joints = [[*xy, seen] for xy, seen in zip(row["joints"], row["joints_vis"], strict=True)]
    return MpiiEntry(str(index), str(row["image"]), joints, row["center"], float(row["scale"]))


# common code moves the centre down by 15 px x scale, then widens the scale: both are undone here
WIDENED = 1.25
CENTRE_SHIFT_PX = 15.0
_NEXT = "give the hourglass's train.h5 or valid.h5"
_SHAPES = {"imgname": (), "part": (16, 2), "visible": (16,), "center": (2,), "scale": (), "normalize": ()}
_MOST_PEOPLE, _LONGEST_NAME = 10_000_000, 4096


def read_hourglass(path: Path, split: str | None, skipped: Skipped) -> list[MpiiEntry]:
    """All people of the file (it holds one split).

    Raises:
        InputError: no HDF5 file, or one of its arrays is missing or of another length.
    """
    arrays = _load(path)
    people = len(arrays["part"])
    raw_scale = arrays["scale"] / WIDENED
    objpos = arrays["center"] - np.stack([np.zeros(people), CENTRE_SHIFT_PX * raw_scale], axis=1)
    joints = np.concatenate([arrays["part"], arrays["visible"][..., None]], axis=2)
    names, head_sizes = arrays["imgname"], arrays["normalize"]
    return [
        MpiiEntry(str(row), _text(names[row]), joints[row], objpos[row], float(raw_scale[row]), float(head_sizes[row]))
        for row in range(people)
    ]


def _load(path: Path) -> dict[str, np.ndarray]:
    """The file's arrays, their shapes looked at before anything is read."""
    import h5py

    try:
        with h5py.File(path, "r") as file:
            missing = [n for n in _SHAPES if n not in file]
            if missing:
                raise InputError(f"{path}: no {', '.join(missing)}; found: {', '.join(file)}", _NEXT)
            people = len(file["part"])
            wrong = [n for n in _SHAPES if not _fits(file[n], n, people)]
            if wrong:
                found = ", ".join(f"{n} {file[n].shape} of {file[n].dtype}" for n in wrong)
                rule = "part is (people, 16, 2), visible (people, 16), center (people, 2), all arrays as long, of numbers"
                raise InputError(f"{path}: {rule}; not so: {found}", _NEXT)
            return {n: np.asarray(file[n][()]) for n in _SHAPES}
    except (OSError, KeyError, RuntimeError, ValueError, TypeError, AttributeError, MemoryError) as error:  # as damage has it
        raise InputError(f"{path}: not a readable HDF5 file ({error})", "fetch it again, or set `format`") from error


def _fits(array: Any, name: str, people: int) -> bool:
    if name == "imgname":
        return len(array) == people <= _MOST_PEOPLE and array.ndim <= 2 and math.prod(array.shape[1:]) <= _LONGEST_NAME
    return array.shape == (people, *_SHAPES[name]) and array.dtype.kind in "fiub"


def _text(value: Any) -> str:
    """An image name, stored as bytes, text or (older files) one number a letter; empty where it is none of these."""
    try:
        if isinstance(value, np.ndarray):
            return "".join(chr(int(code)) for code in value.reshape(-1) if code)
        return value.decode() if isinstance(value, bytes) else str(value)
    except (ValueError, OverflowError, TypeError):
        return ""
