"""The images that a COCO-like file lists: each once, and only those that the folder has."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from smpl_assets.pose_table import ImageRef
from smpl_assets.skipped import Malformed, Skipped
from training.datasets.folder import ImageFolder


class ImageList:
    """Images by id.

    images: the usable ones, in file order.
    entries: their entries in the file.
    """

    def __init__(self, listed: list[Any], root: Path | None, peopled: set[Any], file: Path, skipped: Skipped) -> None:
        """`peopled` are the ids of images with somebody on them, usable or not; `skipped` counts what is left out."""
        self.images: list[ImageRef] = []
        self.entries: list[dict[str, Any]] = []
        self._position: dict[Any, int | None] = {}
        self._file, self._skipped = file, skipped
        usable = [entry for number, entry in enumerate(listed) if self._is_usable(entry, number)]
        self._folder = ImageFolder(root, [e["file_name"] for e in usable])
        names = [self._folder.relative(e["file_name"]) for e in usable]
        with_people = {name for name, e in zip(names, usable, strict=True) if e["id"] in peopled}
        position_of_name: dict[str, int | None] = {}
        for name, entry in zip(names, usable, strict=True):
            if entry["id"] in self._position or name in position_of_name:
                skipped.add("image entry repeated", file, f"image {entry['id']} ({name})")
                self._position.setdefault(entry["id"], position_of_name.get(name))
                continue
            self._position[entry["id"]] = position_of_name[name] = self._append(name, entry, name in with_people)

    def _is_usable(self, entry: Any, number: int) -> bool:
        """Whether an entry has an id and a file name; counted as skipped otherwise."""
        usable = isinstance(entry, dict) and isinstance(entry.get("file_name"), str) and isinstance(entry.get("id"), (int, str))
        if not usable:
            self._skipped.add("image entry incomplete or of the wrong type", self._file, f"images[{number}]")
        return usable

    def _append(self, name: str, entry: dict[str, Any], has_person: bool) -> int | None:
        """The new image's index; None (counted) if the folder lacks it or its size can neither be read nor is given."""
        if not self._folder.has(name):
            self._skipped.add("image not in the folder", self._file, f"image {entry['id']} ({name})")
            return None
        size = _given_size(entry) or self._folder.size(name)
        if size is None:
            self._skipped.add("image file cannot be read", self._file, f"image {entry['id']} ({name})")
            return None
        number = entry["id"] if isinstance(entry["id"], int) else len(self.images)
        self.images.append(ImageRef(name, size[0], size[1], number, has_person))
        self.entries.append(entry)
        return len(self.images) - 1

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
