"""Built-in backgrounds: procedural places in town, in the country, indoors, and scikit-learn's sample photograph of a place."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import UInt8

from smpl_assets.backgrounds.crop import crop_square
from smpl_assets.pictures import read_rgb
from smpl_assets.render import places
from smpl_assets.seeds import numpy_generator

SCENES = 48
HEIGHT, WIDTH = 384, 512
PHOTO_SHARE = 0.06
PAINTERS = ("furniture", "interiors", "places", "streets")


def sample_photographs() -> dict[str, UInt8[np.ndarray, "height width 3"]]:
    """scikit-learn's china.jpg, by name (flower.jpg is a close-up that nobody stands before); empty where it is missing."""
    import sklearn.datasets

    folder = Path(sklearn.datasets.__file__).parent / "images"
    found = {p.name: read_rgb(p) for p in sorted(folder.glob("china.jpg"))}
    return {name: image for name, image in found.items() if image is not None}


class BuiltinBackgrounds:
    """Crops of SCENES procedural places and of the sample photograph.

    The places are the same in every run. A place takes some tenths of a second to paint, so it is kept in the user's cache
    folder under a digest of the code that paints it; without a writable cache it is painted again.
    """

    captured = False

    def __init__(self, cache: Path | None = None) -> None:
        self.cache = cache or _cache_folder()
        self.skipped: dict[str, int] = {}
        self._photos = sample_photographs()
        self._places: dict[int, np.ndarray] = {}

    def draw(self, rng: np.random.Generator, size: int) -> tuple[UInt8[np.ndarray, "size size 3"], str]:
        """A crop and its name, `builtin:KIND-NUMBER` or `builtin:FILE`."""
        if self._photos and rng.random() < PHOTO_SHARE:
            name = sorted(self._photos)[int(rng.integers(len(self._photos)))]
            return crop_square(self._photos[name], rng, size), f"builtin:{name}"
        number = int(rng.integers(SCENES))
        return crop_square(self.place(number), rng, size), f"builtin:{_kind(number)}-{number}"

    def place(self, number: int) -> UInt8[np.ndarray, "height width 3"]:
        """Place `number` of SCENES."""
        if number not in self._places:
            self._places[number] = self._kept(number)
        return self._places[number]

    def _kept(self, number: int) -> UInt8[np.ndarray, "height width 3"]:
        path = self.cache / f"{number:03d}.png"
        found = read_rgb(path) if path.exists() else None
        if found is not None and found.shape == (HEIGHT, WIDTH, 3):
            return found
        image = places.PLACES[_kind(number)](numpy_generator(0, "place", number), HEIGHT, WIDTH)
        _keep(path, image)
        return image


def _kind(number: int) -> str:
    return list(places.PLACES)[number % len(places.PLACES)]


def _keep(path: Path, image: np.ndarray) -> None:
    """Write by rename, so that no other process reads half a file; a cache that cannot be written is no error."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f".{os.getpid()}-{path.name}")
        part.write_bytes(cv2.imencode(".png", cv2.cvtColor(image, cv2.COLOR_RGB2BGR))[1].tobytes())
        part.replace(path)
    except OSError:
        return


def _cache_folder() -> Path:
    """A folder in the user's cache that belongs to this version of the painting code."""
    digest = hashlib.sha256(f"{np.__version__} {cv2.__version__}".encode())
    for path in sorted(Path(places.__file__).parent.glob("*.py")):
        if path.stem.startswith("scenery") or path.stem in PAINTERS:
            digest.update(path.read_bytes())
    root = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return root / "rarepose" / "places" / digest.hexdigest()[:16]
