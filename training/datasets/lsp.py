"""Leeds Sports Pose and its extended set: `joints.mat` in both layouts."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from smpl_assets.errors import InputError
from smpl_assets.pose_table import PoseTable
from smpl_assets.progress import Progress, silent
from smpl_assets.skeletons import get_skeleton
from smpl_assets.skipped import Skipped
from training.datasets.builder import Person, TableBuilder, read_people, require_people
from training.datasets.files import load_mat, require_file
from training.datasets.image_list import ImageList
from training.datasets.reader import Reader

LSP_PEOPLE = 2000


def read_lsp(
    annotations: Path, images: Path | None, split: str | None = None, progress: Progress = silent
) -> tuple[PoseTable, Skipped]:
    """Read LSP or LSP-extended.

    LSP is (3, 14, people): all joints are annotated, third row 1 = hidden; its first 1000 people are the training set, its last
    1000 the test set (read as `validation`). LSP-extended is (14, 3, people): third column 1 = visible, and where it is 0 the
    coordinates mean nothing, so the joint is not annotated; all of it is training. Images are im0001.jpg and im00001.jpg.
    MATLAB counts pixels from 1, so 0.5 px are taken off.

    Raises:
        InputError: no array `joints` in one of the two layouts, or the folder cannot be used.
    """
    require_file(annotations, "LSP's joints.mat")
    joints, extended = _load_joints(annotations)
    numbers = _rows_of_split(len(joints), extended, split)
    digits = 5 if extended else 4
    names = {int(n): f"im{n + 1:0{digits}d}.jpg" for n in numbers}
    skipped = Skipped()
    listed = ImageList([{"id": n, "file_name": name} for n, name in names.items()], images, set(names), annotations, skipped)
    builder = TableBuilder(get_skeleton("lsp14"), listed.table)

    def person(row: int) -> Person:
        annotated = joints[row, :, 2] > 0 if extended else np.ones(14, dtype=bool)
        visible = annotated if extended else joints[row, :, 2] == 0
        points = np.where(annotated[:, None], joints[row, :, :2] - 0.5, 0.0)
        return Person(points, annotated, visible, listed.index(row), source_id=str(row))

    read_people(list(names), person, builder, skipped, lambda _, row: f"row {row} ({names[row]})", annotations, progress)
    return require_people(builder, skipped, annotations, listed.folder.told()), skipped


def _load_joints(path: Path) -> tuple[np.ndarray, bool]:
    """(people, 14, 3) in file order of the third axis, and whether the layout is LSP-extended's."""
    array = np.asarray(load_mat(path).get("joints"))
    array = array[..., None] if array.shape in ((3, 14), (14, 3)) else array  # of one person MATLAB keeps no third axis
    if array.ndim == 3 and array.dtype.kind in "fiu":
        if array.shape[:2] == (3, 14):
            return array.transpose(2, 1, 0).astype(np.float64), False
        if array.shape[:2] == (14, 3):
            return array.transpose(2, 0, 1).astype(np.float64), True
    raise InputError(
        f"{path}: no array 'joints' of shape (3, 14, people) or (14, 3, people); found {array.shape}",
        "give joints.mat of LSP or LSP-extended; of a turned array only its maker knows if the third number is LSP's `hidden`"
        " or LSP-extended's `visible`: turn it back",
    )


def _rows_of_split(people: int, extended: bool, split: str | None) -> np.ndarray:
    rows = np.arange(people)
    if split is None or extended or people != LSP_PEOPLE:
        return rows
    half = LSP_PEOPLE // 2
    return rows[half:] if split == "validation" else rows[:half]


READER = Reader(
    is_mine=lambda glance: glance.kind == "mat" and "joints" in glance.content and "RELEASE" not in glance.content,
    read=lambda settings, split, progress: read_lsp(*settings.files, split, progress),
    skeleton=lambda settings: get_skeleton("lsp14"),
)
