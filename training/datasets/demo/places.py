"""Where the demo set's people are: painted places, a different lot for each split, and scikit-learn's sample photograph."""

from __future__ import annotations

import numpy as np
from jaxtyping import UInt8

from smpl_assets.backgrounds.builtin import SCENES, BuiltinBackgrounds, sample_photographs
from smpl_assets.backgrounds.crop import crop_square
from training.datasets.demo.plan import PictureShape

_PHOTO_SHARE = 0.08
_LOT = 12  # neighbouring numbers are of different kinds: a lot of twelve has one of each
_VALIDATION_EVERY = 3


class DemoPlaces:
    """Draws surroundings; every third lot of them is for `validation` alone, the others for `train`."""

    def __init__(self, split: str) -> None:
        self._source = BuiltinBackgrounds()
        self._photographs = [photo for _, photo in sorted(sample_photographs().items())]
        self._numbers = [n for n in range(SCENES) if (n // _LOT % _VALIDATION_EVERY == 2) == (split == "validation")]

    def draw(self, rng: np.random.Generator, shape: PictureShape) -> UInt8[np.ndarray, "height width 3"]:
        """A piece of a place, RGB, the size of the picture."""
        if self._photographs and rng.random() < _PHOTO_SHARE:
            image = self._photographs[int(rng.integers(len(self._photographs)))]
        else:
            image = self._source.place(self._numbers[int(rng.integers(len(self._numbers)))])
        square = crop_square(image, rng, max(shape.width, shape.height))
        top, left = (len(square) - shape.height) // 2, (len(square) - shape.width) // 2
        return np.ascontiguousarray(square[top : top + shape.height, left : left + shape.width])
