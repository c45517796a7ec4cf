"""Lists of image names, one a line, as editors of all systems write them; and the people on the images that they name."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from smpl_assets.errors import InputError
from smpl_assets.pose_table import PoseTable
from smpl_assets.skipped import Skipped
from training.datasets.files import require_file
from training.datasets.image_index import SEVERAL, ImageIndex
from training.datasets.image_names import CASE, parts_of

_MARKS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
UNKNOWN = "name in image_list that no usable image has"
AMBIGUOUS = "name in image_list that several images have"


def read_names(path: Path) -> list[str]:
    """The lines of a list without outer blanks, each once and none of them empty.

    UTF-8 or UTF-16 with a byte order mark, UTF-8 without one, else Windows's Latin letters.

    Raises:
        InputError: there is no such file, or it is no text.
    """
    data = require_file(path, "a text file of image names").read_bytes()
    encoding = next((name for mark, name in _MARKS.items() if data.startswith(mark)), None)
    for name in (encoding,) if encoding else ("utf-8", "cp1252"):
        try:
            lines = data.decode(name).splitlines()
        except UnicodeDecodeError:
            continue
        if not any("\0" in line for line in lines):
            return list(dict.fromkeys(name for line in lines if (name := line.strip())))
    raise InputError(f"{path}: not a text file of image names", "save it as UTF-8, one image name a line")


def only_listed(table: PoseTable, path: Path, images: Path | None, skipped: Skipped) -> PoseTable:
    """The people on the images that a list names (whole relative names or bare file names); names of no image are counted.

    Lines that start with `#` and name no image are comments.

    Raises:
        InputError: the list cannot be read, or names no image.
    """
    names = read_names(path)
    rows = {parts_of(name): row for row, name in enumerate(table.images.file_name)}
    index = ImageIndex(rows, () if images is None else images.absolute().parts)
    listed = np.zeros(len(table.images), bool)
    for name in names:
        file = index.file(name, CASE)
        if not isinstance(file, str):
            listed[rows[file]] = True
        elif not name.startswith("#"):
            skipped.add(AMBIGUOUS if file == SEVERAL else UNKNOWN, path, name)
    kept = table.select(listed[table.image])
    if not len(kept):
        there = ", ".join(table.images.file_name[:3])
        raise InputError(
            f"{path}: none of its {len(names)} names ({', '.join(names[:3])}) is an image with people; the data set has {there}",
            "one image name a line, as in the annotations",
        )
    return kept
