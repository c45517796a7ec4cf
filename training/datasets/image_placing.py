"""Pictures of an annotation file put to their photographs: the file of each, and how it is to be read."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from smpl_assets.pictures import NOT_READABLE, BadImage, Header, read_header
from smpl_assets.skipped import Skipped
from training.datasets.image_entries import Picture
from training.datasets.image_folder import ImageFolder
from training.datasets.image_sizes import Reading, Seen, decide

UNUSED = "image in the folder that the annotations do not name"
Reach = Mapping[Any, tuple[float, float]]


@dataclass(frozen=True)
class Placed:
    """A picture, its file's path below the image folder, and that file's header."""

    picture: Picture
    path: str
    header: Header


def place(
    pictures: Sequence[Picture], folder: ImageFolder, reach: Callable[[], Reach], file: Path, skipped: Skipped
) -> list[tuple[Placed, Reading]]:
    """The pictures that are in the folder and can be read, in order; the others are counted.

    Args:
        pictures: of an annotation file.
        folder: that of its images.
        reach: called where files have another size than annotated: id -> the farthest annotated joint (x, y) in px.
        file: the annotation file, for `skipped`.
        skipped: gets what is left out, and what is worth noting of the rest.
    """

    def leave_out(picture: Picture, reason: str, detail: str = "") -> None:
        skipped.add(reason, file, f"{picture}: {detail}" if detail else str(picture))

    paths, there = folder.find([p.name for p in pictures if p.name]), list[Placed]()
    for picture in (p for p in pictures if p.name):
        path, why = paths[picture.name]
        try:
            if why:
                leave_out(picture, why)
            else:
                there.append(Placed(picture, path, _header(folder, path, picture)))
        except BadImage as error:
            leave_out(picture, "image file cannot be read", "" if str(error) == NOT_READABLE else str(error))
    for path in folder.unused if folder.missing else ():
        skipped.note(UNUSED, file, path)
    doubtful = [] if folder.root is None else _of_several_sizes(there)
    for placed in doubtful:
        leave_out(placed.picture, "image entry of another size than its file, which another entry names too")
    there = [placed for placed in there if placed not in doubtful]
    found = []
    for placed, reading in zip(there, _readings(there, reach), strict=True):
        size = f"{_text(reading.size_wh)}, annotated {_text(placed.picture.size_wh)}"
        if reading.refused:
            leave_out(placed.picture, reading.refused, size)
            continue
        if reading.note:
            skipped.note(reading.note, file, f"{placed.picture}: {size}")
        found.append((placed, reading))
    return found


def _header(folder: ImageFolder, path: str, picture: Picture) -> Header:
    if folder.root is None:
        return Header(picture.size_wh or (0, 0))
    return read_header(folder.root / path)


def _of_several_sizes(there: Sequence[Placed]) -> list[Placed]:
    """Pictures that share their file, which has another size: all of them unless the size of just one is the file's."""
    count = Counter(placed.path for placed in there)
    right: dict[str, list[Placed]] = defaultdict(list)
    for placed in there:
        if placed.picture.size_wh in (None, placed.header.size_wh, placed.header.turned_wh(placed.header.orientation)):
            right[placed.path].append(placed)
    return [placed for placed in there if count[placed.path] > 1 and right[placed.path] != [placed]]


def _readings(there: Sequence[Placed], reach: Callable[[], Reach]) -> list[Reading]:
    odd = any(placed.picture.size_wh not in (None, placed.header.size_wh) for placed in there)
    far = reach() if odd else {}
    return decide([Seen(p.header, p.picture.size_wh, next((far[i] for i in p.picture.ids if i in far), None)) for p in there])


def _text(size: tuple[int, int] | None) -> str:
    return f"{size[0]} x {size[1]}" if size else "without a size"
