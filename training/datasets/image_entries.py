"""The images that a COCO-like file lists: which of its entries are the same picture."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from smpl_assets.skipped import Skipped
from training.datasets.identity import Identity, identity
from training.datasets.image_names import parts_of

LARGEST_SIDE = 10**6


@dataclass(eq=False)
class Picture:
    """One picture of a file's list.

    name: as its entry gives it, '' where none of use is given. size_wh: px, None where unknown. ids: those of all its entries.
    row: its place in the table, None as long as it has none.
    """

    name: str
    size_wh: tuple[int, int] | None
    ids: list[Identity] = field(default_factory=list)
    row: int | None = None

    def __str__(self) -> str:
        return f"image {self.ids[0]} ({self.name})" if self.ids else f"image {self.name}"


def pictures_of(listed: Iterable[Any], file: Path, skipped: Skipped) -> list[Picture]:
    """The pictures of a file's list in its order, each once.

    Entries are one picture if their name, its folders included, and their size agree, where both give one; the further ones are
    counted. Entries without a name, and such as are no objects, are counted too; the id of one without a name stays known.
    """
    found: list[Picture] = []
    by_path: dict[str, list[Picture]] = {}
    for number, entry in enumerate(listed):
        name = entry.get("file_name") if isinstance(entry, dict) else None
        known = [i for i in [identity(entry.get("id"))] if i is not None] if isinstance(entry, dict) else []
        if not isinstance(name, str) or not parts_of(name.replace("\\", "/")):
            has = f"no file_name; it has {', '.join(map(str, list(entry)[:8]))}" if isinstance(entry, dict) else "no object"
            skipped.add("image entry incomplete or of the wrong type", file, f"images[{number}]: {has}")
            found += [Picture("", None, known)] if known else []
            continue
        size = given_size(entry)
        same_path = by_path.setdefault(uncut(name), [])
        same = next((p for p in same_path if None in (p.size_wh, size) or p.size_wh == size), None)
        if same is None:
            same_path.append(Picture(name, size, known))
            found.append(same_path[-1])
            continue
        same.ids += [i for i in known if i not in same.ids]
        same.size_wh = same.size_wh or size
        skipped.add("image entry repeated", file, str(Picture(name, size, known)))
    return found


def uncut(name: str) -> str:
    """A name with all its folders, in one form of separators."""
    return "/".join(parts_of(name.replace("\\", "/")))


def given_size(entry: dict[str, Any]) -> tuple[int, int] | None:
    """Width and height of an entry, px; None unless both are given and can be meant."""
    width, height = identity(entry.get("width")), identity(entry.get("height"))
    if isinstance(width, int) and isinstance(height, int) and 0 < width < LARGEST_SIDE and 0 < height < LARGEST_SIDE:
        return width, height
    return None
