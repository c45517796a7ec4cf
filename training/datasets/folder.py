"""The folder of a data set's images: which of the images that annotations name are there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from PIL import Image, UnidentifiedImageError

from smpl_assets.errors import InputError

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
        """The name relative to the root, as the image table holds it."""
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
