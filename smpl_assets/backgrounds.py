"""Surroundings without people: a folder of photographs, VOC's layout, the data set's own photos, or built-in scenes."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol, runtime_checkable

import cv2
import numpy as np
from jaxtyping import UInt8

from smpl_assets.errors import InputError
from smpl_assets.seeds import derive_seed

SUFFIXES = {".jpg", ".jpeg", ".png", ".bmp", ".webp", ".ppm"}
LONGEST_SIDE = 800
CACHED_PHOTOS = 96
SMALLEST_SIDE = 48
LINEAR_UP_TO = 1.6
LEAST_UPRIGHT = 0.09
PATIENCE = 5


@runtime_checkable
class Backgrounds(Protocol):
    """A source of backgrounds. `captured`: they went through a camera already; `skipped`: files left out, by reason."""

    captured: bool
    skipped: dict[str, int]

    def draw(self, rng: np.random.Generator, size: int) -> tuple[UInt8[np.ndarray, "size size 3"], str]:
        """A square RGB crop of `size` px and the name of what it was cut from."""
        ...


def crop_square(image: UInt8[np.ndarray, "h w 3"], rng: np.random.Generator, size: int) -> UInt8[np.ndarray, "size size 3"]:
    """A random square of at least half the shorter side, scaled (never squashed) to `size`, mirrored half of the time.

    Of two heights the lower is taken: there is more often a floor at the bottom of a picture.
    """
    height, width = image.shape[:2]
    shorter = min(height, width)
    side = int(rng.uniform(min(max(0.55 * shorter, min(size, shorter)), shorter), shorter + 1))
    y, x = int(rng.integers(0, height - side + 1, 2).max()), int(rng.integers(0, width - side + 1))
    mirror = rng.random() < 0.5
    crop = image[y : y + side, x : x + side]
    crop = cv2.resize(crop, (size, size), interpolation=_interpolation(side / size))
    return np.ascontiguousarray(crop[:, ::-1]) if mirror else crop


def _interpolation(shrinking: float) -> int:
    """OpenCV's method: area means where several px become one, which cost ten times what linear interpolation does."""
    if shrinking > LINEAR_UP_TO:
        return cv2.INTER_AREA
    return cv2.INTER_LINEAR if shrinking > 1 else cv2.INTER_CUBIC


def upright(image: UInt8[np.ndarray, "h w 3"]) -> float:
    """How much a photo looks like a place that one could stand in, 0 .. about 0.5.

    Places are photographed level, with walls, posts and trunks, and lit from above: the share of upright edges (within 6 degrees)
    among all, plus a tenth of how much brighter the upper third is than the lower. Plates of food seen from above and animals
    close by have neither.
    """
    scale = 192 / max(image.shape[:2])
    small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY).astype(np.float32)
    across, down = np.abs(cv2.Sobel(grey, -1, 1, 0)), np.abs(cv2.Sobel(grey, -1, 0, 1))
    edges = np.hypot(across, down)
    share = float(edges[down < 0.1 * across].sum() / (edges.sum() + 1))
    third = len(grey) // 3
    return share + 0.1 * max(float((grey[:third].mean() - grey[-third:].mean()) / (grey.mean() + 1)), 0.0)


class PhotoBackgrounds:
    """Photographs on disk, decoded when drawn, at most LONGEST_SIDE px, the last CACHED_PHOTOS kept.

    Photos that do not look like places (close-ups) are passed over, up to PATIENCE times a draw, so that a set of nothing else is
    used all the same. `skipped` counts files that could not be used, by reason.
    """

    captured = True

    def __init__(self, paths: Sequence[Path], what: str, skipped: dict[str, int] | None = None) -> None:
        """InputError if `paths` is empty; `what` says in the error where they were looked for."""
        self.paths = sorted(paths)
        self.what = what
        self.skipped: dict[str, int] = dict(skipped or {})
        self._cache: OrderedDict[Path, np.ndarray] = OrderedDict()
        self._broken: set[Path] = set()
        self._close: dict[Path, bool] = {}
        self._check_left()

    def _check_left(self) -> None:
        if len(self._broken) == len(self.paths):
            counts = ", ".join(f"{n} {reason}" for reason, n in self.skipped.items()) or "the folder holds no image"
            raise InputError(
                f"{self.what}: no background is left ({counts})", "another folder, or render.backgrounds = 'builtin'"
            )

    def _load(self, path: Path) -> np.ndarray | None:
        if path in self._cache:
            self._cache.move_to_end(path)
            return self._cache[path]
        image = _decode(path)
        if image is None:
            self._broken.add(path)
            self.skipped["unreadable"] = self.skipped.get("unreadable", 0) + 1
            return None
        self._cache[path] = image
        if len(self._cache) > CACHED_PHOTOS:
            self._cache.popitem(last=False)
        return image

    def _is_close(self, path: Path, image: UInt8[np.ndarray, "h w 3"]) -> bool:
        """Whether a photo is a close-up; looked at once."""
        if path not in self._close:
            self._close[path] = upright(image) < LEAST_UPRIGHT
        return self._close[path]

    def draw(self, rng: np.random.Generator, size: int) -> tuple[UInt8[np.ndarray, "size size 3"], str]:
        """A random crop of a random readable photo, of a place rather than a close-up; InputError once none is left."""
        seed, passed = int(rng.integers(0, 2**62)), 0
        for turn in range(10_000):
            path = self.paths[derive_seed(seed, turn) % len(self.paths)]
            choosy = passed < PATIENCE
            image = None if path in self._broken or (choosy and self._close.get(path)) else self._load(path)
            if choosy and (self._close.get(path) or (image is not None and self._is_close(path, image))):
                passed += 1
            elif image is not None:
                return crop_square(image, np.random.default_rng(seed), size), path.name
            else:
                self._check_left()
        raise InputError(f"{self.what}: hardly any background can be read", "another folder, or render.backgrounds = 'builtin'")


def _decode(path: Path) -> np.ndarray | None:
    """An RGB photo of at most LONGEST_SIDE px; None if it cannot be read or is tiny."""
    try:
        image = cv2.imread(str(path), cv2.IMREAD_COLOR_RGB)
    except cv2.error:
        return None
    if image is None or min(image.shape[:2]) < SMALLEST_SIDE:
        return None
    scale = LONGEST_SIDE / max(image.shape[:2])
    if scale < 1:
        size = (round(image.shape[1] * scale), round(image.shape[0] * scale))
        image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    return image


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
        return PhotoBackgrounds(*_labelled(folder, what))
    return PhotoBackgrounds([p for p in folder.rglob("*") if p.suffix.lower() in SUFFIXES and p.is_file()], what)


def _labelled(folder: Path, what: str) -> tuple[list[Path], str, dict[str, int]]:
    paths, skipped = voc_paths(folder)
    return paths, what, skipped


def open_backgrounds(setting: str, people_free: Sequence[Path]) -> Backgrounds:
    """The source that `render.backgrounds` names; `data` falls back to built-in scenes where the set has no person-free photo."""
    from smpl_assets.render.surroundings import BuiltinBackgrounds

    if setting == "builtin" or (setting == "data" and not people_free):
        return BuiltinBackgrounds()
    if setting == "data":
        return PhotoBackgrounds(people_free, "render.backgrounds = 'data'")
    return folder_backgrounds(Path(setting).expanduser())
