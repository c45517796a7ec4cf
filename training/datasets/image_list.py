"""The images that a COCO-like file lists: each once, and only those that the data set's folder has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from jaxtyping import Bool
from PIL import Image, UnidentifiedImageError

from smpl_assets.errors import InputError
from smpl_assets.pose_table import ImageTable
from smpl_assets.skipped import Malformed, Skipped

_PROBE = 50


class ImageFolder:
    """Looks images up under a root; without a root every image counts as there and no size is known.

    Annotation files name images from different starting points (`images/val/a/0.jpg`, `a/0.jpg`, `0.jpg`): the number of leading
    folders to leave out is the one with which most of the first names are found.
    """

    def __init__(self, root: Path | None, names: Iterable[str] = ()) -> None:
        """InputError if `root` is given and is not a folder."""
        if root is not None and not root.is_dir():
            raise InputError(
                f"{root}: no such image folder", "set `images` to the folder that the annotations' image names are relative to"
            )
        self.root = root
        self._listing: dict[Path, set[str]] = {}
        self._strip = 0
        self._choose_strip(list(names)[:_PROBE])

    def _choose_strip(self, names: list[str]) -> None:
        found: Counter[int] = Counter()
        for strip in range(max((len(PurePosixPath(n).parts) for n in names), default=0)):
            self._strip = strip
            found[strip] = sum(self.has(self.relative(n)) for n in names)
        self._strip = max(found, key=lambda strip: (found[strip], -strip)) if found else 0

    def relative(self, name: str) -> str:
        """The name relative to the root, as ImageTable holds it."""
        parts = PurePosixPath(name).parts
        return str(PurePosixPath(*parts[min(self._strip, len(parts) - 1) :])) if parts else ""

    def has(self, relative: str) -> bool:
        """Whether the image is in the folder."""
        if self.root is None:
            return True
        path = self.root / relative
        if path.parent not in self._listing:
            self._listing[path.parent] = {p.name for p in path.parent.iterdir()} if path.parent.is_dir() else set()
        return path.name in self._listing[path.parent]

    def size(self, relative: str) -> tuple[int, int] | None:
        """(width, height) in px from the image's header, (0, 0) without a root; None if the file is no readable image."""
        if self.root is None:
            return 0, 0
        try:
            with Image.open(self.root / relative) as image:
                return image.size
        except (OSError, UnidentifiedImageError, Image.DecompressionBombError, SyntaxError, ValueError):
            return None


class ImageList:
    """Images by id: the usable ones in file order, each once."""

    def __init__(
        self,
        listed: list[Any],
        root: Path | None,
        peopled: set[Any],
        file: Path,
        skipped: Skipped,
        ignore: Mapping[Any, list[Any]] | None = None,
        unlabelled: Collection[Any] = (),
    ) -> None:
        """Images that are there; `skipped` counts what is left out.

        Args:
            listed: the file's image entries.
            root: the image folder; None: not looked at.
            peopled: ids of the images with somebody on them, usable or not.
            file: for `skipped`.
            skipped: gets what is left out.
            ignore: id -> regions in which people are not annotated.
            unlabelled: ids of the images whose people are not annotated.
        """
        self._names: list[str] = []
        self._sizes: list[tuple[int, int]] = []
        self._ids: list[int] = []
        self._position: dict[Any, int | None] = {}
        self._file, self._skipped = file, skipped
        usable = [entry for number, entry in enumerate(listed) if self._is_usable(entry, number)]
        self._folder = ImageFolder(root, [e["file_name"] for e in usable])
        names = [self._folder.relative(e["file_name"]) for e in usable]
        position_of_name: dict[str, int | None] = {}
        for name, entry in zip(names, usable, strict=True):
            if entry["id"] in self._position or name in position_of_name:
                skipped.add("image entry repeated", file, f"image {entry['id']} ({name})")
                self._position.setdefault(entry["id"], position_of_name.get(name))
                continue
            self._position[entry["id"]] = position_of_name[name] = self._append(name, entry)
        self.table = ImageTable.of(
            self._names, size_wh=np.array(self._sizes, np.int64).reshape(-1, 2), image_id=np.array(self._ids, np.int64),
            has_person=self._marked(peopled), labelled=~self._marked(unlabelled), ignore=self._regions(ignore or {}),
        )  # fmt: skip

    def _marked(self, ids: Collection[Any]) -> Bool[np.ndarray, " images"]:
        """True for the images with these ids."""
        marked = np.zeros(len(self._names), bool)
        marked[[p for i in ids if (p := self._position.get(i)) is not None]] = True
        return marked

    def _regions(self, by_id: Mapping[Any, list[Any]]) -> tuple[list[Any], ...]:
        regions: list[list[Any]] = [[] for _ in self._names]
        for image_id, found in by_id.items():
            position = self._position.get(image_id)
            if position is not None:
                regions[position] += found
        return tuple(regions)

    def _is_usable(self, entry: Any, number: int) -> bool:
        """Whether an entry has an id and a file name; counted as skipped otherwise."""
        usable = isinstance(entry, dict) and isinstance(entry.get("file_name"), str) and isinstance(entry.get("id"), (int, str))
        if not usable:
            self._skipped.add("image entry incomplete or of the wrong type", self._file, f"images[{number}]")
        return usable

    def _append(self, name: str, entry: dict[str, Any]) -> int | None:
        """The new image's index; None (counted) if the folder lacks it or its size can neither be read nor is given."""
        if not self._folder.has(name):
            self._skipped.add("image not in the folder", self._file, f"image {entry['id']} ({name})")
            return None
        size = _given_size(entry) or self._folder.size(name)
        if size is None:
            self._skipped.add("image file cannot be read", self._file, f"image {entry['id']} ({name})")
            return None
        number = entry["id"]
        self._names.append(name)
        self._sizes.append(size)
        self._ids.append(number if isinstance(number, int) and abs(number) < 2**63 else len(self._ids))
        return len(self._names) - 1

    def index(self, image_id: Any) -> int:
        """Index of the image with this id; Malformed if the file does not list it or it was skipped."""
        if image_id not in self._position:
            raise Malformed("image id not among the file's images", f"image {image_id}")
        position = self._position[image_id]
        if position is None:
            raise Malformed("person on an image that was skipped", f"image {image_id}")
        return position


def _given_size(entry: dict[str, Any]) -> tuple[int, int] | None:
    width, height = entry.get("width"), entry.get("height")
    if isinstance(width, (int, float)) and isinstance(height, (int, float)) and 0 < width < 1e6 and 0 < height < 1e6:
        return int(width), int(height)
    return None
