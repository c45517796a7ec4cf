"""The demo set among the readers: it has no files, its maker is imported when it is asked for."""

from __future__ import annotations

from smpl_assets.errors import InputError
from smpl_assets.pose_table import PoseTable
from smpl_assets.progress import Progress
from smpl_assets.skeletons import get_skeleton
from smpl_assets.skipped import Skipped
from smpl_assets.work import Bench
from training.datasets.demo.plan import SKELETON
from training.datasets.reader import Reader
from training.datasets.settings import DataSettings


def _read(settings: DataSettings, split: str | None, progress: Progress) -> tuple[PoseTable, Skipped]:
    raise InputError("the demo set has no files to read: it is made", "run the annotations stage")


def _make(settings: DataSettings, split: str, bench: Bench) -> None:
    from training.datasets.demo.stage import make_demo

    make_demo(settings, split, bench)


READER = Reader(is_mine=lambda glance: False, read=_read, make=_make, skeleton=lambda settings: get_skeleton(SKELETON))
