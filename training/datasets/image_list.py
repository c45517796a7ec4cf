"""The images that a COCO-like file lists: each once, and only those that the data set's folder has."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool

from smpl_assets.pose_table import ImageTable
from smpl_assets.skipped import Malformed, Skipped
from training.datasets.identity import Identity, identity
from training.datasets.image_entries import Picture, pictures_of, uncut
from training.datasets.image_folder import ImageFolder
from training.datasets.image_placing import Placed, Reach, place
from training.datasets.image_sizes import Reading

WITHHELD = "photograph kept out of the backgrounds: annotations of its file could not be placed"


class ImageList:
    """Images by id: the usable ones in file order, each once."""

    def __init__(
        self,
        listed: list[Any],
        root: Path | ImageFolder | None,
        peopled: Collection[Any],
        file: Path,
        skipped: Skipped,
        ignore: Mapping[Any, list[Any]] | None = None,
        unlabelled: Collection[Any] = (),
        reach: Callable[[], Reach] = dict,
        turned: bool | None = None,
    ) -> None:
        """Images that are there; `skipped` counts what is left out.

        Where an id in `peopled` is that of no image (or None: an annotation names no image), people may stand on any of them, so
        every image counts as having people, and this is noted.

        Args:
            listed: the file's image entries; one without `id` is known by its `file_name`.
            root: the image folder; None: not looked at.
            peopled: ids of the images with somebody on them, usable or not.
            file: for `skipped`.
            skipped: gets what is left out.
            ignore: id -> regions in which people are not annotated.
            unlabelled: ids of the images whose people are not annotated.
            reach: called where files have another size than annotated: id -> the farthest annotated joint (x, y) in px.
            turned: whether the pictures were annotated turned by their EXIF orientation; None to tell it from annotated sizes.
        """
        self.folder = root if isinstance(root, ImageFolder) else ImageFolder(root)
        pictures = pictures_of(listed, file, skipped)
        self._by_id: dict[Identity, list[Picture]] = defaultdict(list)
        self._by_name: dict[str, list[Picture]] = defaultdict(list)
        for picture in pictures:
            self._by_name[uncut(picture.name)].append(picture)
            for number in picture.ids:
                self._by_id[number].append(picture)
        placed = place(pictures, self.folder, reach, file, skipped, turned)
        for row, (found, _) in enumerate(placed):
            found.picture.row = row
        self.table = self._table(placed, self._marked(peopled, placed), ~self._marked(unlabelled, placed), ignore or {})
        if not all(map(self._pictures, peopled)):
            for name in self.table.without_people():
                skipped.note(WITHHELD, file, name)
            self.table.has_person[:] = True

    def _pictures(self, image_id: Any) -> list[Picture]:
        """The pictures that an annotation's image id may mean: those with this id, else those of this name."""
        number = identity(image_id)
        found = [] if number is None else self._by_id.get(number, [])
        named = self._by_name.get(uncut(image_id), []) if isinstance(image_id, str) and len(found) != 1 else []
        return named if len(named) == 1 or not found else found

    def _marked(self, ids: Collection[Any], placed: list[tuple[Placed, Reading]]) -> Bool[np.ndarray, " images"]:
        """True for the images with these ids."""
        marked = np.zeros(len(placed), bool)
        marked[[row for i in ids for row in self.rows(i)]] = True
        return marked

    def _table(
        self,
        placed: list[tuple[Placed, Reading]],
        peopled: Bool[np.ndarray, " images"],
        labelled: Bool[np.ndarray, " images"],
        ignore: Mapping[Any, list[Any]],
    ) -> ImageTable:
        numbers = [_number(found.picture, row) for row, (found, _) in enumerate(placed)]
        regions: list[list[Any]] = [[] for _ in placed]
        for image_id, outlines in ignore.items():
            for row in self.rows(image_id):
                regions[row] += outlines
        return ImageTable.of(
            [found.path for found, _ in placed],
            size_wh=np.array([reading.size_wh for _, reading in placed], np.int64).reshape(-1, 2),
            orientation=np.array([reading.orientation for _, reading in placed], np.int64),
            image_id=np.array(numbers, np.int64), has_person=peopled, labelled=labelled, ignore=tuple(regions),
        )  # fmt: skip

    def rows(self, image_id: Any) -> list[int]:
        """Rows of the images that this id may mean; none where they were skipped."""
        return [picture.row for picture in self._pictures(image_id) if picture.row is not None]

    def index(self, image_id: Any) -> int:
        """Row of the image with this id; Malformed if the file does not list it, lists several, or it was skipped."""
        found = self._pictures(image_id)
        if not found:
            raise Malformed("image id not among the file's images", f"image {image_id}")
        if len(found) > 1:
            raise Malformed("image id names several pictures", f"image {image_id}")
        if found[0].row is None:
            raise Malformed("person on an image that was skipped", f"image {image_id}")
        return found[0].row


def _number(picture: Picture, row: int) -> int:
    """The data set's own number of an image, else its row."""
    return next((i for i in picture.ids if isinstance(i, int) and abs(i) < 2**63), row)
