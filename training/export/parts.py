"""What is exported: pictures with their people as COCO entries, kind by kind, and where their bytes are."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from smpl_assets.archive import ArchiveReader
from smpl_assets.labels import SampleLabels
from smpl_assets.photographs import read_bytes
from smpl_assets.pictures import BadImage, decode_image, encode_jpeg, read_header
from smpl_assets.skeletons import Skeleton
from smpl_assets.skipped import Skipped
from training.augmented.coco import BYSTANDER, Entries, real_entries, synthetic_entries
from training.augmented.samples import Part

Split = Literal["train", "validation"]
SPLITS: tuple[Split, ...] = ("train", "validation")
_QUALITY = 95


@dataclass(frozen=True)
class Item:
    """A picture.

    name: in the export, unique in it. image, people: COCO entries. member: its name where it lies. orientation: as in ImageTable.
    """

    name: str
    image: dict[str, Any]
    people: list[dict[str, Any]]
    member: str
    orientation: int = 1

    @property
    def subjects(self) -> list[dict[str, Any]]:
        """The people that are trained on: of a synthetic picture the one that it was made for."""
        return [p for p in self.people if p["rarepose"].get("role") != BYSTANDER]


@dataclass(frozen=True)
class ExportPart:
    """The pictures of one kind (`real`, `render`, `translated`, `fill`, `validation`), in a folder or in a tar."""

    kind: str
    split: Split
    items: list[Item]
    place: Path
    archive: ArchiveReader | None = None

    def read(self, item: Item) -> bytes:
        """The picture's bytes, to be shown as stored: one that is stored turned is encoded anew. BadImage where there is none."""
        data = read_bytes(self.place / item.member) if self.archive is None else self.archive.read(item.member)
        return data if self._as_stored(data, item) else encode_jpeg(decode_image(data, orientation=item.orientation), _QUALITY)

    def put(self, item: Item, target: Path) -> None:
        """The picture as a file: a link where the file system can, else a copy. BadImage where there is none."""
        target.parent.mkdir(parents=True, exist_ok=True)
        source = self.place / item.member
        if self.archive is not None or not self._as_stored(source, item):
            target.write_bytes(self.read(item))
            return
        try:
            os.link(source.resolve(), target)
        except OSError:
            shutil.copyfile(source, target)

    def _as_stored(self, source: Path | bytes, item: Item) -> bool:
        """Whether tools that turn pictures by their EXIF orientation and tools that don't see what the labels mean."""
        return read_header(source).orientation == 1 == item.orientation


@dataclass(frozen=True)
class ExportSet:
    """All of it.

    synthetic_share: of what is drawn by the sampling weights; None = as many as there are. skipped: pictures that cannot be
    had, which are left out with their people.
    """

    skeleton: Skeleton
    parts: list[ExportPart]
    synthetic_share: float | None = None
    skipped: Skipped = field(default_factory=Skipped)

    def of(self, split: Split) -> Iterator[tuple[ExportPart, Item]]:
        """The pictures of a split."""
        yield from ((part, item) for part in self.parts if part.split == split for item in part.items)

    def people(self, split: Split) -> int:
        """How many people its pictures have."""
        return sum(len(item.people) for _, item in self.of(split))


def real_part(kind: str, split: Split, part: Part, root: Path, skipped: Skipped) -> ExportPart:
    """Real people; pictures that are not in the folder, or cannot be read, are counted in `skipped`."""
    table = part.table.images
    entries = real_entries(part)
    orientation = dict(zip(table.file_name, table.orientation.tolist(), strict=True))
    items = []
    for item in _items(kind, entries, orientation):
        try:
            width, height = _size(root / item.member, item.orientation)
        except BadImage as error:
            skipped.add(str(error), root, item.member)
            continue
        items.append(replace(item, image=item.image | {"width": width, "height": height}))
    return ExportPart(kind, split, items, root)


def _size(path: Path, orientation: int) -> tuple[int, int]:
    """Width and height of a picture as it is exported; BadImage where it cannot be."""
    header = read_header(path)
    if not header.orientation == 1 == orientation:
        decode_image(read_bytes(path), orientation=orientation)  # it will have to be encoded anew
    return header.turned_wh(orientation)


def synthetic_part(part: Part, labels: SampleLabels, archive: Path) -> ExportPart:
    """Synthetic people, whose pictures are members of a tar."""
    items = _items(part.samples.kind, synthetic_entries(part, labels), {})
    members = [Item(i.image["file_name"], i.image, i.people, Path(i.member).name) for i in items]
    return ExportPart(part.samples.kind, "train", members, archive, ArchiveReader(archive))


def _items(kind: str, entries: Entries, orientation: dict[str, int]) -> list[Item]:
    images, annotations = entries
    people: dict[int, list[dict[str, Any]]] = {image["id"]: [] for image in images}
    for annotation in annotations:
        people[annotation["image_id"]].append(annotation)
    names = [image["file_name"] for image in images]
    return [
        Item(f"{kind}/{name}", image, people[image["id"]], name, orientation.get(name, 1))
        for name, image in zip(names, images, strict=True)
    ]


def numbered(parts: Sequence[ExportPart]) -> Entries:
    """COCO entries of all pictures under their names in the export; ids of later parts go on where those before end."""
    images: list[dict[str, Any]] = []
    people: list[dict[str, Any]] = []
    for part in parts:
        image, last = (max((entry["id"] for entry in whole), default=0) for whole in (images, people))
        first = not images
        for item in part.items:
            image = item.image["id"] if first else image + 1
            images.append(item.image | {"id": image, "file_name": item.name})
            for person in item.people:
                last = person["id"] if first else last + 1
                people.append(person | {"id": last, "image_id": image})
    return images, people
