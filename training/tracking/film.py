"""A sequence with its pictures."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from collections.abc import Sequence as Rows
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from smpl_assets.errors import InputError, StageError
from smpl_assets.pictures import BadImage, decode_image
from smpl_assets.skeletons import SKELETONS, Skeleton
from training.tracking.people import People, Sequence
from training.tracking.sequence_files import read_sequence
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

    def seen(self, people: Rows[People]) -> list[Seen]:
        """All its frames with people that were found, as trackers take them."""
        own = self.sequence
        return [
            Seen(own.name, number, own.height, own.width, found, cache(partial(self.picture, number)))
            for number, found in enumerate(people)
        ]


def load_films(shards: Iterable[Path]) -> list[Film]:
    """The sequences of folders of `track_data`, in order."""
    return [Film(recording.sequence, recording.archive.read) for recording in load_recordings(shards)]


def read_films(annotations: Path, images: Path) -> list[Film]:
    """Somebody's own sequences, to train on: a folder of PoseTrack JSON (2017, 2018, 2021), and the folder that its names of
    images are under. Fifteen joints are read, the ears of 2018's files are nobody's.

    Raises:
        InputError: no JSON there, one that breaks a rule (`read_sequences`), or a first frame that cannot be read.
    """
    files = sorted(annotations.glob("*.json"))
    if not files:
        raise InputError(f"{annotations}: no .json file in this folder", "name the folder that holds one file per sequence")
    return [_film(read_sequence(file), images, file) for file in files]


def _film(sequence: Sequence, images: Path, file: Path) -> Film:
    """With the size of its first picture: files need not say it."""
    if not sequence.frames:
        raise InputError(f"{file}: no frame in this file", "take it out of the folder")
    first = images / sequence.frames[0].image
    try:
        height, width = decode_image(first.read_bytes()).shape[:2]
    except (OSError, BadImage) as error:
        told = error.strerror if isinstance(error, OSError) else str(error)
        raise InputError(
            f"{first}: frame of {file.name} that cannot be read ({told})", "name the folder of its images"
        ) from error
    return Film(replace(sequence, height=height, width=width), partial(_bytes, images))


def _bytes(images: Path, name: str) -> bytes:
    return (images / name).read_bytes()


def skeleton_of(films: Rows[Film]) -> Skeleton:
    """The skeleton of all films; StageError where there is no film, or its joints are no skeleton that is known."""
    joints = films[0].sequence.joints if films else ()
    found = next((s for s in SKELETONS.values() if s.keypoints == joints), None)
    if found is None:
        raise StageError(f"track: {'no sequences' if not films else 'no skeleton has the joints ' + ', '.join(joints)}")
    return found
