"""Pictures of an annotation file put to their photographs: the file of each, and how it is to be read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from smpl_assets.pictures import NOT_READABLE, BadImage, Header, read_header
from smpl_assets.skipped import Skipped
from training.datasets.image_entries import Picture
from training.datasets.image_folder import ImageFolder
from training.datasets.image_index import NOT_THERE
from training.datasets.image_names import has_other_ending
from training.datasets.image_sizes import Reading, Seen, decide

UNUSED = "image in the folder that the annotations do not name"
OTHER_ENDING = "image found under another ending"
SEVERAL_SIZES = "image entry of another size than its file, which another entry names too"
Reach = Mapping[Any, tuple[float, float]]


@dataclass(frozen=True)
class Placed:
    """A picture, its file's path below the image folder, and that file's header."""

    picture: Picture
    path: str
    header: Header

    @property
    def agrees(self) -> bool:
        """Whether the file has the annotated size, as stored or as its EXIF data turn it, or none is annotated."""
        turned = self.header.turned_wh(self.header.orientation)
        return self.picture.size_wh in (None, self.header.size_wh, turned)


@dataclass(frozen=True)
class _Ledger:
    """Where pictures are counted that are left out, or have something to them. file: the annotations."""

    file: Path
    skipped: Skipped

    def leave_out(self, picture: Picture, reason: str, detail: str = "") -> None:
        self.skipped.add(reason, self.file, f"{picture}: {detail}" if detail else str(picture))

    def note(self, picture: Picture, what: str, detail: str) -> None:
        self.skipped.note(what, self.file, f"{picture}: {detail}")


def place(
    pictures: Sequence[Picture],
    folder: ImageFolder,
    reach: Callable[[], Reach],
    file: Path,
    skipped: Skipped,
    turned: bool | None = None,
) -> list[tuple[Placed, Reading]]:
    """The pictures that are in the folder and can be read, in order; the others are counted.

    Args:
        pictures: of an annotation file.
        folder: that of its images.
        reach: called where files have another size than annotated: id -> the farthest annotated joint (x, y) in px.
        file: the annotation file, for `skipped`.
        skipped: gets what is left out, and what is worth noting of the rest.
        turned: whether the pictures were shown turned by their EXIF orientation; None to tell it from annotated sizes.
    """
    ledger, named = _Ledger(file, skipped), [p for p in pictures if p.name]
    if folder.root is None:
        there = [Placed(p, path, Header(p.size_wh or (0, 0))) for p, (path, _) in zip(named, _paths(named, folder), strict=True)]
    else:
        there = _of_one_size(_opened(named, folder.root, _paths(named, folder), ledger), ledger)
    for path in folder.unused if folder.missing else ():
        skipped.note(UNUSED, file, path)
    found = []
    for placed, reading in zip(there, _readings(there, reach, turned), strict=True):
        size = f"{_text(reading.size_wh)}, annotated {_text(placed.picture.size_wh)}"
        if reading.refused:
            ledger.leave_out(placed.picture, reading.refused, size)
            continue
        if reading.note:
            ledger.note(placed.picture, reading.note, size)
        found.append((placed, reading))
    return found


def _paths(pictures: Sequence[Picture], folder: ImageFolder) -> list[tuple[str, str]]:
    found = folder.find([p.name for p in pictures])
    return [found[p.name] for p in pictures]


def _opened(pictures: Sequence[Picture], root: Path, paths: Sequence[tuple[str, str]], ledger: _Ledger) -> list[Placed]:
    """The pictures that have a file with an image in it."""
    there = []
    for picture, (path, why) in zip(pictures, paths, strict=True):
        if why:
            ledger.leave_out(picture, why)
            continue
        try:
            placed = Placed(picture, path, read_header(root / path))
        except BadImage as error:
            ledger.leave_out(picture, "image file cannot be read", "" if str(error) == NOT_READABLE else str(error))
            continue
        if not has_other_ending(picture.name, path):
            there.append(placed)
        elif placed.agrees:
            ledger.note(picture, OTHER_ENDING, path)
            there.append(placed)
        else:
            ledger.leave_out(picture, NOT_THERE, f"{path} is of another size")
    return there


def _of_one_size(there: Sequence[Placed], ledger: _Ledger) -> list[Placed]:
    """Without pictures that share their file but not its size: all of them unless the size of just one is the file's."""
    count = Counter(placed.path for placed in there)
    right = Counter(placed.path for placed in there if placed.agrees)
    kept = []
    for placed in there:
        if count[placed.path] == 1 or (placed.agrees and right[placed.path] == 1):
            kept.append(placed)
        else:
            ledger.leave_out(placed.picture, SEVERAL_SIZES)
    return kept


def _readings(there: Sequence[Placed], reach: Callable[[], Reach], turned: bool | None) -> list[Reading]:
    odd = any(placed.picture.size_wh not in (None, placed.header.size_wh) for placed in there)
    far = reach() if odd else {}
    seen = [Seen(p.header, p.picture.size_wh, next((far[i] for i in p.picture.ids if i in far), None)) for p in there]
    return decide(seen, turned)


def _text(size: tuple[int, int] | None) -> str:
    return f"{size[0]} x {size[1]}" if size else "without a size"
