"""How each photograph is to be read, from its header, the size that the annotations give it, and where they put joints."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from smpl_assets.pictures import Header

Size = tuple[int, int]
OTHER_SIZE = "annotated size is not the file's, which counts"
UNDECIDED = "EXIF orientation that no annotated size decides: read as stored"
OTHER_SCALE = "image file of another size than the picture that was annotated"


@dataclass(frozen=True)
class Seen:
    """An image: header of its file, annotated size in px if any, and the farthest annotated joint (x, y) in px if known."""

    header: Header
    annotated: Size | None
    reach: tuple[float, float] | None = None


@dataclass(frozen=True)
class Reading:
    """The EXIF orientation to turn stored pixels by, the size after that, what is worth noting, and why it is of no use."""

    orientation: int
    size_wh: Size
    note: str = ""
    refused: str = ""


def decide(images: Sequence[Seen], turned: bool | None = None) -> list[Reading]:
    """One reading of each image of a set.

    Tools show photographs turned by their EXIF orientation or as stored, one tool all of them alike. Where the annotated size is
    that of one reading alone, it says which; the others (square, mirrored, half a turn, no size) follow the majority of these.
    The file's size counts wherever the annotated one is another, unless joints show that the picture was annotated at that size.
    `turned` says it of a tool that is known.
    """
    shown = [_shown_turned(image) for image in images]
    votes = Counter(shown)
    majority = votes[True] > votes[False] if turned is None else turned
    decided = turned is not None or votes[True] + votes[False] > 0
    found = []
    for image, own in zip(images, shown, strict=True):
        orientation = image.header.orientation if (majority if own is None else own) else 1
        doubtful = image.header.orientation > 1 and own is None and not decided
        found.append(Reading(orientation, image.header.turned_wh(orientation), UNDECIDED if doubtful else ""))
    return _compared(images, found)


def _shown_turned(image: Seen) -> bool | None:
    """Whether the annotated size says that the image was turned when it was annotated; None if it does not say."""
    turned = image.header.turned_wh(image.header.orientation)
    if turned == image.header.size_wh or image.annotated not in (turned, image.header.size_wh):
        return None
    return image.annotated == turned


def _compared(images: Sequence[Seen], found: list[Reading]) -> list[Reading]:
    """The readings, those of another size than annotated noted or refused."""
    odd = {
        row: (image.annotated, reading.size_wh, image.reach)
        for row, (image, reading) in enumerate(zip(images, found, strict=True))
        if image.annotated and image.annotated != reading.size_wh
    }
    fits = {row: _fits_file(*values) for row, values in odd.items()}
    votes = Counter(fits.values())
    for row, (annotated, size, _) in odd.items():
        own = fits[row]
        if own is None and votes[True] != votes[False]:
            own = votes[True] > votes[False]
        elif own is None:
            own = not _is_enlarged(annotated, size)
        reading = found[row]
        note = OTHER_SIZE if own else ""
        found[row] = Reading(reading.orientation, reading.size_wh, note, "" if own else OTHER_SCALE)
    return found


def _fits_file(annotated: Size, size: Size, reach: tuple[float, float] | None) -> bool | None:
    """Whether the joints lie in the file's picture alone (True) or in one of the annotated size alone (False); None: not told."""
    if reach is None:
        return None
    in_file, in_annotated = (all(r <= 1.01 * s + 1 for r, s in zip(reach, wh, strict=True)) for wh in (size, annotated))
    return None if in_file == in_annotated else in_file


def _is_enlarged(annotated: Size, size: Size) -> bool:
    """Whether the file is a larger copy of a picture of the annotated size, so that joints of both fit into it."""
    across, down = size[0] / annotated[0], size[1] / annotated[1]
    return across > 1.02 and abs(across * annotated[1] - size[1]) < 1 + max(across, down)
