"""A sequence with its pictures."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from collections.abc import Sequence as Rows
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from smpl_assets.errors import StageError
from smpl_assets.pictures import decode_image
from smpl_assets.skeletons import SKELETONS, Skeleton
from training.tracking.people import People, Sequence
from training.tracking.sequences import load_recordings
from training.tracking.tracker import Seen


@dataclass(frozen=True)
class Film:
    """A sequence and where the bytes of its pictures are.

    read: encoded bytes of an image by its name (`Frame.image`): `ArchiveReader.read`, or of a folder.
    """

    sequence: Sequence
    read: Callable[[str], bytes]

    def picture(self, index: int) -> UInt8[np.ndarray, "height width 3"]:
        """One frame, RGB; BadImage where it cannot be used."""
        size = (self.sequence.width, self.sequence.height)
        return decode_image(self.read(self.sequence.frames[index].image), size_wh=size)

    def places(self, shown: Rows[int] | None = None) -> Rows[int]:
        """Places in its sequence of the frames that trackers are shown, None = all."""
        return range(len(self.sequence.frames)) if shown is None else shown

    def seen(self, people: Rows[People], shown: Rows[int] | None = None) -> list[Seen]:
        """Its frames with people that were found, as trackers take them.

        people: of each frame that is shown. shown: see `places`.
        """
        own, numbers = self.sequence, self.sequence.numbers
        return [
            Seen(
                own.name, numbers[place], own.height, own.width, found, cache(partial(self.picture, place)),
                missing=numbers[place] - earlier,
            )
            for earlier, (place, found) in enumerate(zip(self.places(shown), people, strict=True))
        ]  # fmt: skip


def load_films(shards: Iterable[Path]) -> list[Film]:
    """The sequences of folders of `track_data`, in order."""
    return [Film(recording.sequence, recording.archive.read) for recording in load_recordings(shards)]


def skeleton_of(films: Rows[Film]) -> Skeleton:
    """The skeleton of all films; StageError where there is no film, or its joints are no skeleton that is known."""
    joints = films[0].sequence.joints if films else ()
    found = next((s for s in SKELETONS.values() if s.keypoints == joints), None)
    if found is None:
        raise StageError(f"track: {'no sequences' if not films else 'no skeleton has the joints ' + ', '.join(joints)}")
    return found
