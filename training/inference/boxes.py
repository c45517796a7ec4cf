"""Person boxes from a file: COCO annotations, or a list of detections."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from jaxtyping import Float

from smpl_assets.errors import InputError
from smpl_assets.skipped import Malformed, Skipped
from training.datasets.coco import parse_box
from training.datasets.coco_entries import PERSON_WORDS, category_of, image_of, known_as
from training.datasets.files import load_json
from training.datasets.identity import Identity, identity, is_set
from training.datasets.image_names import parts_of
from training.inference.box_names import match_names
from training.inference.pictures import VIDEO_ENDINGS, Source

MOST_BYTES = 10**9
_KIND = "a file of person boxes"
_SHAPE = (
    "COCO annotations (images, annotations), or a list of {image_id, bbox, score}, image_id being the file's name or its number"
)


@dataclass
class BoxFile:
    """Boxes by picture.

    boxes: picture -> [(x, y, width, height, score)], px. numbers: picture -> the id that the file gives it. sizes: picture ->
    width, height px that the boxes were drawn at. A picture is what the file calls it, a name or a number, until `among` says
    which one it is.
    """

    path: Path
    boxes: dict[str, list[tuple[float, ...]]] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)
    sizes: dict[str, tuple[int, int]] = field(default_factory=dict)

    def of(self, name: str) -> tuple[Float[np.ndarray, "people 4"], Float[np.ndarray, " people"]]:
        """Boxes (px) and scores of a picture."""
        rows = np.array(self.boxes.get(name, []), np.float64).reshape(-1, 5)
        return rows[:, :4], rows[:, 4]

    def among(self, sources: Sequence[Source]) -> BoxFile:
        """The same of these images and the frames of these videos, by the names that results have for them.

        Raises:
            InputError: a name that may mean two of them, or one of them that two names may mean.
        """
        names = dict.fromkeys([*self.boxes, *self.numbers, *self.sizes])
        frames = {name: frame for name in names if (frame := _frame_of(name)) is not None}
        videos = match_names(
            [s.name for s in sources if s.video], list(dict.fromkeys(v for v, _ in frames.values())), self.path, stems=False
        )
        images = match_names([s.name for s in sources if not s.video], [n for n in names if n not in frames], self.path)
        meant = {video: source for source, video in videos.items()}
        called = {name: picture for picture, name in images.items()}
        called |= {name: f"{meant[video]}#{number}" for name, (video, number) in frames.items() if video in meant}
        return BoxFile(
            self.path,
            {called[name]: rows for name, rows in self.boxes.items() if name in called},
            {called[name]: number for name, number in self.numbers.items() if name in called},
            {called[name]: size for name, size in self.sizes.items() if name in called},
        )


def _frame_of(name: str) -> tuple[str, int] | None:
    """The video and the number of a frame that is called `VIDEO#NUMBER`."""
    video, _, number = name.rpartition("#")
    known = number.isdecimal() and len(number) < 19 and PurePosixPath(video).suffix.lower() in VIDEO_ENDINGS
    return (video, int(number)) if known else None


def read_boxes(path: Path, skipped: Skipped) -> BoxFile:
    """The boxes of a file; entries that cannot be used are counted in `skipped`.

    Raises:
        InputError: not such a file, or no box in it can be used.
    """
    if path.is_file() and path.stat().st_size > MOST_BYTES:
        raise InputError(
            f"{path}: {path.stat().st_size / 1e9:.1f} GB, boxes of at most {MOST_BYTES / 1e9:g} GB are read", "split the file"
        )
    document = load_json(path, _KIND)
    found = BoxFile(path)
    if isinstance(document, dict):
        entries = document.get("annotations")
        if not isinstance(entries, list) or not isinstance(document.get("images"), list):
            raise InputError(
                f"{path}: not {_KIND}; found: {', '.join(map(str, list(document)[:8])) or 'nothing'}", f"give {_SHAPE}"
            )
        names = _images(document["images"], found)
        people = _people(document.get("categories"))
    elif isinstance(document, list):
        entries, names, people = document, {}, _person_of(document)
    else:
        raise InputError(f"{path}: not {_KIND}", f"give {_SHAPE}")
    for position, entry in enumerate(entries):
        try:
            _add(entry, found, names, people)
        except Malformed as error:
            skipped.add(error.reason, path, f"entry {position}" + (f": {error.detail}" if error.detail else ""))
        except (TypeError, ValueError, OverflowError) as error:
            skipped.add("entry incomplete or of the wrong type", path, f"entry {position}: {error}")
    if not any(found.boxes.values()):
        raise InputError(f"{path}: no box in it can be used ({skipped.summary() or 'it lists none'})", f"give {_SHAPE}")
    return found


def _images(images: list[Any], found: BoxFile) -> dict[Identity | None, str]:
    """Image id -> name; sizes and numbers of the images go into `found`."""
    names: dict[Identity | None, str] = {}
    for image in images:
        given = image.get("file_name") if isinstance(image, dict) else None
        name = "/".join(parts_of(given)) if isinstance(given, str) else ""
        if not name:
            continue
        number = identity(image.get("id"))
        names[number] = name
        if isinstance(number, int):
            found.numbers[name] = number
        width, height = image.get("width"), image.get("height")
        if isinstance(width, int) and isinstance(height, int) and min(width, height) > 0:
            found.sizes[name] = (width, height)
    return names


def _people(categories: Any) -> set[Identity] | None:
    """Ids and names of the categories that are people, None where the file does not say."""
    listed = [c for c in categories if isinstance(c, dict)] if isinstance(categories, list) else []
    people = [c for c in listed if c.get("keypoints") or str(c.get("name")).casefold() in PERSON_WORDS]
    return known_as(people) or None


def _person_of(entries: list[Any]) -> set[Identity] | None:
    """COCO's number of people where a list of detections has several categories; None where it has one only."""
    given = {category_of(entry) for entry in entries if isinstance(entry, dict)}
    return {1} if len(given) > 1 and 1 in given else None


def _add(entry: Any, found: BoxFile, names: dict[Identity | None, str], people: set[Identity] | None) -> None:
    image = image_of(entry)
    if not isinstance(entry, dict) or image is None:
        raise Malformed("entry without image_id", str(entry)[:60])
    if is_set(entry.get("iscrowd")) or (people is not None and category_of(entry) not in people):
        return
    box = parse_box(entry.get("bbox"))
    if box is None or min(box[2:]) <= 0:
        raise Malformed("no box", str(entry.get("bbox"))[:60])
    score = float(entry.get("score", 1.0))
    if not math.isfinite(score):
        raise Malformed("NaN or infinite value", f"score {score}")
    if names and image not in names:
        raise Malformed("image_id is none of the file's images", str(image))
    name = names.get(image) or "/".join(parts_of(str(image)))
    if not names and isinstance(image, int):
        found.numbers[name] = image
    found.boxes.setdefault(name, []).append((*box.tolist(), score))
