"""Built-in backgrounds: painted places in town, in the country, indoors, and scikit-learn's sample photograph of a place."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from smpl_assets.backgrounds.crop import crop_square
from smpl_assets.errors import StageError
from smpl_assets.photographs import Photograph
from smpl_assets.pictures import BadImage

SCENES = 48
KINDS = ("room", "street", "lawn", "hall", "court", "beach", "shop", "night", "wild", "studio", "yard", "snow")
PHOTO_SHARE = 0.06


def place_name(number: int) -> str:
    """`KIND-NUMBER` of a place: neighbouring numbers are of different kinds."""
    return f"{KINDS[number % len(KINDS)]}-{number}"


def place_file(number: int) -> Path:
    """The picture of a place; `tools/paint_places` painted it."""
    return Path(__file__).parent / "data" / f"{place_name(number)}.jpg"


def sample_photographs() -> dict[str, UInt8[np.ndarray, "height width 3"]]:
    """scikit-learn's china.jpg, by name (flower.jpg is a close-up that nobody stands before); empty where it is missing."""
    import sklearn.datasets

    folder = Path(sklearn.datasets.__file__).parent / "images"
    return {p.name: _read(p, "scikit-learn") for p in sorted(folder.glob("china.jpg"))}


def _read(path: Path, package: str) -> UInt8[np.ndarray, "height width 3"]:
    """A picture that a package brings; StageError where its file is missing or damaged."""
    try:
        return Photograph(path).read()
    except BadImage as error:
        raise StageError(f"{path}: a built-in place: {error}", f"install {package} again") from error


class BuiltinBackgrounds:
    """Crops of SCENES painted places, the same in every run, and of the sample photograph."""

    captured = False

    def __init__(self) -> None:
        self.skipped: dict[str, int] = {}
        self._photos = sample_photographs()
        self._places: dict[int, np.ndarray] = {}

    def draw(self, rng: np.random.Generator, size: int) -> tuple[UInt8[np.ndarray, "size size 3"], str]:
        """A crop and its name, `builtin:KIND-NUMBER` or `builtin:FILE`."""
        if self._photos and rng.random() < PHOTO_SHARE:
            name = sorted(self._photos)[int(rng.integers(len(self._photos)))]
            return crop_square(self._photos[name], rng, size), f"builtin:{name}"
        number = int(rng.integers(SCENES))
        return crop_square(self.place(number), rng, size), f"builtin:{place_name(number)}"

    def place(self, number: int) -> UInt8[np.ndarray, "height width 3"]:
        """Place `number` of SCENES."""
        if number not in self._places:
            self._places[number] = _read(place_file(number), "RarePose")
        return self._places[number]
