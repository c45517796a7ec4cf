"""What reads the files of one data set format."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from smpl_assets.pose_table import PoseTable
from smpl_assets.progress import Progress
from smpl_assets.skeletons import Skeleton
from smpl_assets.skipped import Skipped
from smpl_assets.work import Bench
from training.datasets.glance import Glance as Glance
from training.datasets.places import Places
from training.datasets.settings import DataSettings


@dataclass(frozen=True)
class Reader:
    """One data set format.

    is_mine: whether the reader would read this file, told from its content.
    read: (settings, split, progress) -> the people and what was left out. `split` is `train` or `validation` where one file holds
        both, None to read all; InputError where the files cannot be used as a whole, or nobody usable is in them.
    make: (settings, split, bench) of a set without files, which writes the whole artifact of the `annotations` stage itself.
    skeleton: the skeleton of the people, without reading (or making) them; None where that is not known before.
    heads: whether the files may give sizes of heads.
    places: (settings, split) -> where the images are, and what else is read, of a format whose files say so; `images` may be left
        out of the settings then.
    """

    is_mine: Callable[[Glance], bool]
    read: Callable[[DataSettings, str | None, Progress], tuple[PoseTable, Skipped]]
    make: Callable[[DataSettings, str, Bench], None] | None = None
    skeleton: Callable[[DataSettings], Skeleton] | None = None
    heads: bool = False
    places: Callable[[DataSettings, str | None], Places] | None = None

    def where(self, settings: DataSettings, split: str | None) -> Places:
        """Where a split lies, as the settings say, else its files; InputError if these do not say it as they should."""
        return Places(*settings.files) if settings.images or self.places is None else self.places(settings, split)
