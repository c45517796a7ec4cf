"""Images as a video."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np

from smpl_assets.errors import InputError
from smpl_assets.pictures import BadImage, decode_image
from smpl_assets.skipped import Skipped
from training.video.footage import Footage, Shot, of_size

IMAGES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff"})
GAP = "frame numbers missing: time goes on over the gap"
UNREADABLE = "image that cannot be read: left out"


class FolderFootage(Footage):
    """Images in the order of the numbers in their names; who has a gap in his numbers has one in time."""

    by = "images"

    def __init__(self, name: str, files: Sequence[Path], rate: float) -> None:
        self.name, self.rate, self.count, self.noted = name, rate, len(files), Skipped()
        self._files = sorted(files, key=lambda f: (_parts(f.name), str(f)))
        numbers = [_number(f) for f in self._files]
        rising = all(b > a >= 0 for a, b in pairwise(numbers))
        self._numbers = numbers if rising and len(numbers) > 1 else list(range(len(numbers)))
        for before, after, file in zip(self._numbers, self._numbers[1:], self._files[1:], strict=False):
            if after > before + self._step:
                self.noted.note(GAP, name, f"{after - before - 1} before {file.name}")

    @property
    def _step(self) -> int:
        """The usual distance of two numbers: sets are often every so manieth frame of a film."""
        return int(np.median(np.diff(self._numbers))) if len(self._numbers) > 1 else 1

    def shots(self) -> Iterator[Shot]:
        """The images that can be read."""
        first: tuple[int, int] | None = None
        start, step = self._numbers[0], self._step
        for number, file in zip(self._numbers, self._files, strict=True):
            try:
                image = decode_image(file.read_bytes(), orientation=None)
            except (BadImage, OSError) as error:
                self.noted.add(UNREADABLE, self.name, f"{file.name}: {error}")
                continue
            image = of_size(image, first, self.noted, self.name, file.name)
            first = image.shape[1], image.shape[0]
            yield Shot(file.name, number, (number - start) / (step * self.rate), image)
        if first is None:
            raise InputError(f"{self.name}: none of {len(self._files)} images can be read", "look at the first of them")


def _number(file: Path) -> int:
    digits = re.findall(r"\d+", file.stem)
    return int(digits[-1][-15:]) if digits else -1


def _parts(name: str) -> list[tuple[int, int, str]]:
    """A name as it sorts for people: frame2 before frame10."""
    return [(0, int(p), "") if p.isdigit() else (1, 0, p) for p in re.split(r"(\d+)", name) if p]
