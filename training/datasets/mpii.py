"""MPII in the three forms it is handed around in, each read into the same entries.

`.mat` is the official release, `.json` what CPM (`joint_self`) and HRNet (`joints_vis`) made of it, `.h5` the stacked
hourglass's. All of them count pixels from 1, so 0.5 px are taken off (docs/conventions.md).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from smpl_assets.errors import InputError
from smpl_assets.pose_table import PoseTable
from smpl_assets.progress import Progress, silent
from smpl_assets.skeletons import get_skeleton
from smpl_assets.skipped import Malformed, Skipped
from training.datasets.builder import Person, TableBuilder, read_people, require_people
from training.datasets.coco_entries import reaches
from training.datasets.files import require_file
from training.datasets.identity import Identity
from training.datasets.image_list import ImageList
from training.datasets.mpii_files import MpiiEntry, read_hourglass, read_json, read_mat
from training.datasets.reader import Glance, Reader

HEAD_SIZE_PER_SCALE = 25.0
_READERS = {".mat": read_mat, ".h5": read_hourglass, ".hdf5": read_hourglass, ".json": read_json}


def read_mpii(
    annotations: Path, images: Path | None, split: str | None = None, progress: Progress = silent
) -> tuple[PoseTable, Skipped]:
    """Read MPII people.

    Args:
        annotations: `.mat`, `.json` or `.h5`.
        images: the folder `images`; None: not looked at.
        split: `train` or `validation` where the JSON marks both (`isValidation`); None reads all.
        progress: called while people are read.

    Returns:
        The people (every joint with a location counts as annotated, seen or hidden; `head_size` is 0.6 x the diagonal of the head
        box, or 25 x scale, which is the same) and what was left out.

    Raises:
        InputError: the files cannot be used as a whole.
    """
    require_file(annotations, "MPII annotations (.mat, .json or .h5)")
    skipped = Skipped()
    entries = _entry_reader(annotations)(annotations, split, skipped)
    named = [e for e in entries if e.image]
    listed = ImageList(
        _image_entries(named), images, {e.image for e in named}, annotations, skipped, reach=lambda: _reaches(named)
    )
    builder = TableBuilder(get_skeleton("mpii16"), listed.table)
    read_people(entries, lambda e: mpii_person(e, listed), builder, skipped, _entry_name, annotations, progress)
    return require_people(builder, skipped, annotations, listed.folder.told()), skipped


def _entry_reader(path: Path) -> Callable[[Path, str | None, Skipped], list[MpiiEntry]]:
    """The reader of this kind of file."""
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        kind = path.suffix.lower()
        raise InputError(f"{path}: MPII annotations end with .mat, .json or .h5, not '{kind}'", "rename the file")
    return reader


def _image_entries(entries: list[MpiiEntry]) -> list[dict[str, Any]]:
    """Each image once, in order of appearance, as ImageList takes them; the name is the id."""
    images: dict[str, dict[str, Any]] = {}
    for entry in entries:
        width, height = entry.image_size or (None, None)
        images.setdefault(entry.image, {"id": entry.image, "file_name": entry.image, "width": width, "height": height})
    return list(images.values())


def _reaches(entries: list[MpiiEntry]) -> dict[Identity, tuple[float, float]]:
    """Image -> its farthest annotated joint (x, y), px."""
    people = [
        {"image_id": e.image, "keypoints": [v for x, y, *_ in e.joints for v in (x, y, int(x > 0 or y > 0))]}
        for e in entries
        if _are_joints(e.joints)
    ]
    return reaches(people)


def _are_joints(joints: Any) -> bool:
    try:
        return np.shape(joints) == (16, 3) and np.asarray(joints).dtype.kind in "iuf"
    except ValueError:  # rows of several lengths
        return False


def _entry_name(position: int, entry: MpiiEntry) -> str:
    return f"{entry.source_id} (image {entry.image})"


def mpii_person(entry: MpiiEntry, listed: ImageList) -> Person:
    """The entry in continuous px; Malformed if it breaks a rule."""
    joints = np.asarray(entry.joints, dtype=np.float64)
    if joints.ndim != 2 or joints.shape != (16, 3):
        raise Malformed("wrong number of keypoints", f"{len(entry.joints)} joints, 16 expected")
    joints = np.where(_absent(joints), 0.0, joints)
    if not np.isfinite(joints).all():
        raise Malformed("NaN or infinite value")
    objpos = np.asarray(entry.objpos, dtype=np.float64).reshape(-1)
    if objpos.shape != (2,) or not np.isfinite(objpos).all() or entry.scale is None or not 0 < entry.scale < np.inf:
        raise Malformed("no centre or scale", f"objpos {entry.objpos}, scale {entry.scale}")
    annotated = np.asarray((joints[:, :2] > 0).any(axis=1))
    return Person(
        keypoints=joints[:, :2] - 0.5, annotated=annotated, visible=annotated & (joints[:, 2] > 0),
        image=listed.index(entry.image), source_id=entry.source_id, center=objpos - 0.5, scale=float(entry.scale),
        head_size=HEAD_SIZE_PER_SCALE * float(entry.scale) if entry.head_size is None else entry.head_size,
    )  # fmt: skip


def _absent(joints: np.ndarray) -> np.ndarray:
    """(16, 1), joints without a location that are said not to be seen."""
    return (np.isnan(joints[:, :2]).any(1) & ~(joints[:, 2] > 0))[:, None]


def _is_mine(glance: Glance) -> bool:
    if glance.kind in ("mat", "hdf5"):
        return glance.has("RELEASE") if glance.kind == "mat" else glance.has("part")
    return any("joint_self" in row or "joints_vis" in row for row in glance.first())


READER = Reader(
    is_mine=_is_mine,
    read=lambda settings, split, progress: read_mpii(*settings.files, None if settings.image_list else split, progress),
    skeleton=lambda settings: get_skeleton("mpii16"),
    heads=True,
)
