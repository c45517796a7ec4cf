"""The pictures that somebody names: image files, folders of them, frames of videos."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from smpl_assets.errors import InputError
from smpl_assets.photographs import Photograph
from smpl_assets.pictures import BadImage, read_header
from smpl_assets.skipped import Skipped
from smpl_assets.walk import files_below
from training.datasets.image_names import IMAGE_ENDINGS
from training.datasets.image_sizes import UNDECIDED, Reading, Seen, Size, decide
from training.video.read import open_footage

NO_VIDEO = "not a video that can be read"
VIDEO_ENDINGS = frozenset({".mp4", ".m4v", ".mov", ".avi", ".mkv", ".webm", ".mpg", ".mpeg", ".wmv"})


@dataclass(frozen=True)
class Source:
    """A file to look at. name: how results call it. video: it has frames."""

    path: Path
    name: str
    video: bool


@dataclass(frozen=True)
class Picture:
    """One picture, RGB. name: of the image file; of a frame `VIDEO#NUMBER`, counted from 0. source: where it is from.

    seconds, rate: of a frame, when it is shown and how many come in a second.
    """

    name: str
    source: Source
    image: UInt8[np.ndarray, "height width 3"]
    seconds: float = 0.0
    rate: float = 0.0


def find_sources(places: Sequence[Path]) -> list[Source]:
    """The images and videos of the places, folders with all that lies below them; each by its path below its place.

    Raises:
        InputError: a place that is not there, a folder without any, or two that are called the same.
    """
    found = [source for place in places for source in _below(place)]
    count = Counter(source.name for source in found)
    if twice := [name for name, number in count.items() if number > 1]:
        raise InputError(f"{twice[0]}: two files are called so", "name the folder that holds both")
    return found


def _below(place: Path) -> list[Source]:
    if not place.exists():
        raise InputError(f"{place}: no such file or folder", "name images, folders of images, or videos")
    if not place.is_dir():
        return [Source(place, place.name, place.suffix.lower() in VIDEO_ENDINGS)]
    known = sorted(
        path for path in (place / below for below in files_below(place)) if path.suffix.lower() in IMAGE_ENDINGS | VIDEO_ENDINGS
    )
    if not known:
        raise InputError(f"{place}: no image and no video in it", "name images, folders of images, or videos")
    return [Source(path, path.relative_to(place).as_posix(), path.suffix.lower() in VIDEO_ENDINGS) for path in known]


def count_pictures(sources: Sequence[Source]) -> int:
    """How many there are, as far as the headers of videos say."""
    return sum(_length(source) if source.video else 1 for source in sources)


def _length(source: Source) -> int:
    try:
        return open_footage(str(source.path)).count or 1
    except InputError:  # said when it is read
        return 1


def read_pictures(
    sources: Sequence[Source], sizes: Mapping[str, Size], skipped: Skipped, max_megapixels: float
) -> Iterator[Picture]:
    """The pictures one by one; those that cannot be used are counted in `skipped`.

    sizes: name -> width and height, px, that boxes were drawn at, where that is known: they say whether a photograph was turned
    by its EXIF orientation, and the others with a size follow these. What they say nothing of is turned, as people see it.
    """
    readings = _readings([source for source in sources if source.name in sizes and not source.video], sizes)
    for source in sources:
        if source.video:
            yield from _frames(source, skipped)
            continue
        try:
            image = _photograph(source.path, readings.get(source.name), max_megapixels)
        except BadImage as error:
            skipped.add(str(error), source.path, source.name)
            continue
        yield Picture(source.name, source, image)


def _readings(sources: Sequence[Source], sizes: Mapping[str, Size]) -> dict[str, Reading]:
    """How each photograph is to be read, by its name; those without a readable header are left out."""
    seen: dict[str, Seen] = {}
    for source in sources:
        with suppress(BadImage):
            seen[source.name] = Seen(read_header(source.path), sizes[source.name])
    readings = decide(list(seen.values()))
    if any(reading.note == UNDECIDED for reading in readings):
        readings = decide(list(seen.values()), turned=True)
    return dict(zip(seen, readings, strict=True))


def _photograph(path: Path, reading: Reading | None, max_megapixels: float) -> np.ndarray:
    if reading is None:
        header = read_header(path)
        reading = Reading(header.orientation, header.turned_wh(header.orientation))
    if reading.refused:
        raise BadImage(reading.refused)
    return Photograph(path, reading.size_wh, reading.orientation).read(max_megapixels)


def _frames(source: Source, skipped: Skipped) -> Iterator[Picture]:
    try:
        footage = open_footage(str(source.path))
        for shot in footage.shots():
            yield Picture(f"{source.name}#{shot.number}", source, shot.image, shot.seconds, footage.rate)
    except InputError:
        skipped.add(NO_VIDEO, source.path, source.name)
        return
    for what, count in footage.noted.noted.items():
        skipped.noted[what] = skipped.noted.get(what, 0) + count
    skipped.entries += footage.noted.entries
