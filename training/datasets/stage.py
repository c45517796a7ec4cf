"""The `annotations` stage: the user's files become one PoseTable."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from smpl_assets.errors import InputError
from smpl_assets.pose_table import PoseTable
from smpl_assets.progress import Progress, silent
from smpl_assets.skipped import Skipped
from training.datasets.coco import read_coco
from training.datasets.files import require_file
from training.datasets.lsp import read_lsp
from training.datasets.mpii import read_mpii
from training.datasets.posetrack import read_posetrack
from training.datasets.settings import DataSettings


def read_annotations(settings: DataSettings, split: str, seed: int, out: Path, progress: Progress) -> None:
    """Read one split (`train` or `validation`) and write `poses.npz` and `skipped.json` into `out`.

    `seed` changes nothing: files are read the same way each time. InputError if the files cannot be used, or no image folder is
    given (the stages behind this one need pictures; `read_poses` alone does not).
    """
    if not settings.images:
        raise InputError(
            f"data.{split}.images is not set (format {settings.format})", f"set data.{split}.images to the image folder"
        )
    table, skipped = read_poses(settings, split, progress)
    write_artifact(table, skipped, out)


def write_artifact(table: PoseTable, skipped: Skipped, out: Path) -> None:
    """Write the stage's artifact."""
    table.save(out / "poses.npz")
    skipped.save(out / "skipped.json")


def read_poses(settings: DataSettings, split: str | None = None, progress: Progress = silent) -> tuple[PoseTable, Skipped]:
    """Read the people of one data set.

    Args:
        settings: where the files are and in which format.
        split: `train` or `validation` where one file holds both (MPII's JSON and `.mat`, LSP); None reads all of it.
        progress: called while people are read.

    Returns:
        The people and what was left out.

    Raises:
        InputError: the files cannot be used as a whole, or nobody usable is in them.
    """
    if settings.format == "demo":
        raise InputError("the demo set has no files to read: it is made", "run the annotations stage")
    annotations = Path(settings.annotations).expanduser()
    images = Path(settings.images).expanduser() if settings.images else None
    if settings.format == "coco":
        table, skipped = read_coco(annotations, images, progress)
    elif settings.format == "posetrack":
        table, skipped = read_posetrack(annotations, images, progress)
    elif settings.format == "lsp":
        table, skipped = read_lsp(annotations, images, split, progress)
    else:
        table, skipped = read_mpii(annotations, images, None if settings.image_list else split, progress)
    if settings.image_list:
        table = _only_listed(table, Path(settings.image_list).expanduser())
    if settings.limit is not None and settings.limit < len(table):
        table = table.select(np.arange(settings.limit))
    skipped.read = len(table)
    return table, skipped


def _only_listed(table: PoseTable, path: Path) -> PoseTable:
    """The people on the images that a text file names (whole relative names or bare file names)."""
    names = set(require_file(path, "a text file of image names").read_text(encoding="utf-8").split())
    listed = np.array([i.file_name in names or Path(i.file_name).name in names for i in table.images], dtype=bool)
    kept = table.select(listed[table.image])
    if not len(kept):
        raise InputError(
            f"{path}: none of its {len(names)} names is an image of the annotations",
            "one image name a line, as in the annotations",
        )
    return kept
