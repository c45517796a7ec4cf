"""The `annotations` stage: the user's files become one PoseTable; which data set they are is told from their content."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from smpl_assets.errors import InputError
from smpl_assets.pose_table import PoseTable
from smpl_assets.progress import Progress, silent
from smpl_assets.skipped import Skipped
from smpl_assets.work import Bench
from training.datasets.name_list import only_listed
from training.datasets.reader import Reader
from training.datasets.recognise import explained
from training.datasets.recognise import recognise_format as recognise_format
from training.datasets.settings import DataSettings
from training.datasets.table import READERS
from training.limits import remarks


def read_annotations(settings: DataSettings, split: str, bench: Bench) -> None:
    """Read one split (`train` or `validation`), or make it where the format is one that is made (`demo`).

    Writes `poses.npz` and `skipped.json`; reading files the seed changes nothing. InputError if they cannot be used, or no image
    folder is given (the stages behind this one need pictures; `read_poses` alone does not).
    """
    reader: Reader = READERS.load(settings.format)
    if reader.make is not None:
        reader.make(settings, split, bench)
        return
    if settings.made:
        raise InputError(f"data.{split}: format '{settings.format}' reads files", f"set data.{split}.annotations to the file")
    if not settings.images and reader.places is None:
        raise InputError(
            f"data.{split}.images is not set (format {settings.format})", f"set data.{split}.images to the image folder"
        )
    table, skipped = read_poses(settings, split, bench.progress)
    table.save(bench.out / "poses.npz")
    skipped.save(bench.out / "skipped.json")


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
    reader: Reader = READERS.load(settings.format)
    try:
        table, skipped = reader.read(settings, split, progress)
    except InputError as error:
        raise (explained(settings.files[0], settings.format, error) if settings.annotations else error) from error
    if settings.image_list:
        table = only_listed(table, Path(settings.image_list).expanduser(), reader.where(settings, split).images, skipped)
    if settings.limit is not None and settings.limit < len(table):
        table = table.select(np.arange(settings.limit))
    skipped.read = len(table)
    skipped.remarks += remarks(table.skeleton, bool(np.isfinite(table.head_size).any()))
    return table, skipped
