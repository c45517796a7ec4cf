"""Built-in backgrounds: procedural rooms, streets and lawns, and the two sample photographs that scikit-learn ships."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from jaxtyping import UInt8

from smpl_assets.backgrounds import crop_square
from smpl_assets.render.scenery import KINDS, paint
from smpl_assets.seeds import numpy_generator

SCENES = 40
HEIGHT, WIDTH = 480, 640


def sample_photographs() -> dict[str, UInt8[np.ndarray, "height width 3"]]:
    """scikit-learn's china.jpg and flower.jpg, by name; empty where its data are missing."""
    import sklearn.datasets

    folder = Path(sklearn.datasets.__file__).parent / "images"
    found = {p.name: cv2.imread(str(p), cv2.IMREAD_COLOR_RGB) for p in sorted(folder.glob("*.jpg"))}
    return {name: image for name, image in found.items() if image is not None}


class BuiltinBackgrounds:
    """Crops of SCENES procedural scenes (made when first drawn, from the run's seed) and of the sample photographs."""

    captured = False

    def __init__(self, seed: int, photo_share: float = 0.15) -> None:
        self.seed = seed
        self.photo_share = photo_share
        self._photos = sample_photographs()
        self._scenes: dict[int, np.ndarray] = {}

    def draw(self, rng: np.random.Generator, size: int) -> tuple[UInt8[np.ndarray, "size size 3"], str]:
        """A crop and its name, `builtin:KIND-NUMBER` or `builtin:FILE`."""
        if self._photos and rng.random() < self.photo_share:
            name = sorted(self._photos)[int(rng.integers(len(self._photos)))]
            return crop_square(self._photos[name], rng, size), f"builtin:{name}"
        number = int(rng.integers(SCENES))
        kind = list(KINDS)[number % len(KINDS)]
        if number not in self._scenes:
            self._scenes[number] = paint(kind, numpy_generator(self.seed, "scenery", number), HEIGHT, WIDTH)
        return crop_square(self._scenes[number], rng, size), f"builtin:{kind}-{number}"
