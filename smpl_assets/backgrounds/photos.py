"""Photographs without people: a folder of them, VOC's layout, the data set's own."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import UInt8

from smpl_assets.backgrounds.crop import crop_square
from smpl_assets.errors import InputError
from smpl_assets.photographs import Photograph
from smpl_assets.pictures import BadImage
from smpl_assets.seeds import derive_seed
from smpl_assets.walk import files_below

SUFFIXES = {".jpg", ".jpeg", ".png", ".bmp", ".webp", ".ppm"}
LONGEST_SIDE = 800
CACHED_PHOTOS = 96
SMALLEST_SIDE = 48
LEAST_UPRIGHT = 0.09
PATIENCE = 5


def upright(image: UInt8[np.ndarray, "h w 3"]) -> float:
    """How much a photo looks like a place that one could stand in, 0 .. about 0.5.

    Places are photographed level, with walls, posts and trunks, and lit from above: the share of upright edges (within 6 degrees)
    among all, plus a tenth of how much brighter the upper third is than the lower. Plates of food seen from above and animals
    close by have neither.
    """
    small = _shrunk(image, 192 / max(image.shape[:2]))
    grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY).astype(np.float32)
    across, down = np.abs(cv2.Sobel(grey, -1, 1, 0)), np.abs(cv2.Sobel(grey, -1, 0, 1))
    edges = np.hypot(across, down)
    share = float(edges[down < 0.1 * across].sum() / (edges.sum() + 1))
    third = max(len(grey) // 3, 1)
    return share + 0.1 * max(float((grey[:third].mean() - grey[-third:].mean()) / (grey.mean() + 1)), 0.0)


class PhotoBackgrounds:
    """Photographs on disk, decoded when drawn, at most LONGEST_SIDE px, the last CACHED_PHOTOS kept.

    Photos that do not look like places (close-ups) are passed over, up to PATIENCE times a draw, so that a set of nothing else is
    used all the same. `skipped` counts files that could not be used, by reason.
    """

    captured = True

    def __init__(self, photographs: Sequence[Photograph], what: str, skipped: dict[str, int] | None = None) -> None:
        """InputError if there are none; `what` says in the error where they were looked for."""
        self.photographs = sorted(photographs, key=lambda photograph: photograph.path)
        self.what = what
        self.skipped: dict[str, int] = dict(skipped or {})
        self._cache: OrderedDict[Photograph, np.ndarray] = OrderedDict()
        self._broken: set[Photograph] = set()
        self._close: dict[Photograph, bool] = {}
        self._check_left()

    def _check_left(self) -> None:
        if len(self._broken) == len(self.photographs):
            counts = ", ".join(f"{n} {reason}" for reason, n in self.skipped.items()) or "the folder holds no image"
            raise InputError(
                f"{self.what}: no background is left ({counts})", "another folder, or render.backgrounds = 'builtin'"
            )

    def _load(self, photograph: Photograph) -> np.ndarray | None:
        if photograph in self._cache:
            self._cache.move_to_end(photograph)
            return self._cache[photograph]
        try:
            image = _decode(photograph)
        except BadImage as error:
            self._broken.add(photograph)
            self.skipped[str(error)] = self.skipped.get(str(error), 0) + 1
            return None
        self._cache[photograph] = image
        if len(self._cache) > CACHED_PHOTOS:
            self._cache.popitem(last=False)
        return image

    def _is_close(self, photograph: Photograph, image: UInt8[np.ndarray, "h w 3"]) -> bool:
        """Whether a photo is a close-up; looked at once."""
        if photograph not in self._close:
            self._close[photograph] = upright(image) < LEAST_UPRIGHT
        return self._close[photograph]

    def draw(self, rng: np.random.Generator, size: int) -> tuple[UInt8[np.ndarray, "size size 3"], str]:
        """A random crop of a random readable photo, of a place rather than a close-up; InputError once none is left."""
        seed, passed = int(rng.integers(0, 2**62)), 0
        for turn in range(10_000):
            photo = self.photographs[derive_seed(seed, turn) % len(self.photographs)]
            choosy = passed < PATIENCE
            image = None if photo in self._broken or (choosy and self._close.get(photo)) else self._load(photo)
            if choosy and (self._close.get(photo) or (image is not None and self._is_close(photo, image))):
                passed += 1
            elif image is not None:
                return crop_square(image, np.random.default_rng(seed), size), photo.path.name
            else:
                self._check_left()
        raise InputError(f"{self.what}: hardly any background can be read", "another folder, or render.backgrounds = 'builtin'")


def _decode(photograph: Photograph) -> np.ndarray:
    """An RGB photo of at most LONGEST_SIDE px; BadImage if it cannot be read or is tiny."""
    image = photograph.read()
    if min(image.shape[:2]) < SMALLEST_SIDE:
        raise BadImage(f"smaller than {SMALLEST_SIDE} px")
    scale = LONGEST_SIDE / max(image.shape[:2])
    return _shrunk(image, scale) if scale < 1 else image


def _shrunk(image: UInt8[np.ndarray, "_ _ 3"], scale: float) -> UInt8[np.ndarray, "_ _ 3"]:
    size = (max(round(image.shape[1] * scale), 1), max(round(image.shape[0] * scale), 1))
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA)


def voc_paths(folder: Path) -> tuple[list[Path], dict[str, int]]:
    """Images of a VOC folder whose annotation names no person (difficult ones included), and what was left out and why."""
    kept, skipped = [], {"with people": 0, "without annotation": 0}
    for path in sorted((folder / "JPEGImages").iterdir()):
        if path.suffix.lower() not in SUFFIXES:
            continue
        xml = folder / "Annotations" / f"{path.stem}.xml"
        people = holds_person(xml)
        if people is None:
            skipped["without annotation"] += 1
        elif people:
            skipped["with people"] += 1
        else:
            kept.append(path)
    return kept, {reason: n for reason, n in skipped.items() if n}


def holds_person(xml: Path) -> bool | None:
    """Whether a VOC annotation names a person; None if there is none that can be read."""
    try:
        root = ET.parse(xml).getroot()
    except (OSError, ET.ParseError):
        return None
    return any((node.text or "").strip().lower() == "person" for node in root.iter("name"))


def folder_backgrounds(folder: Path) -> PhotoBackgrounds:
    """The photographs of a folder; InputError if it is missing or nothing in it can be used."""
    if not folder.is_dir():
        raise InputError(
            f"render.backgrounds = '{folder}': no such folder", "a folder of photos, VOC's layout, 'data' or 'builtin'"
        )
    what = f"render.backgrounds = '{folder}'"
    if (folder / "JPEGImages").is_dir() and (folder / "Annotations").is_dir():
        paths, skipped = voc_paths(folder)
        return PhotoBackgrounds([Photograph(p) for p in paths], what, skipped)
    return PhotoBackgrounds([Photograph(folder / p) for p in files_below(folder) if p.suffix.lower() in SUFFIXES], what)
