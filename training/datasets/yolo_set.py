"""What a YOLO pose set's `data.yaml` says: keypoints, classes, and where pictures and labels are."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from smpl_assets.errors import InputError
from smpl_assets.skeletons import SKELETONS, Skeleton
from smpl_assets.walk import files_below, is_there
from training.datasets.categories import skeleton_from_names
from training.datasets.files import require_file
from training.datasets.glance import NOT_YAML

PICTURES = frozenset(f".{s}" for s in ("bmp", "dng", "jpeg", "jpg", "mpo", "png", "tif", "tiff", "webp", "pfm", "heic"))
_SPLITS = {"train": ("train",), "validation": ("val", "validation", "valid"), None: ("train", "val", "validation", "valid")}
_DOCS = "docs/datasets.md says what data.yaml has to hold"


@dataclass(frozen=True)
class YoloSet:
    """A `data.yaml`.

    file: it; values: what it says. root: the user's own folder of the set in place of its `path`, None to go by that.
    """

    file: Path
    values: Mapping[str, Any]
    root: Path | None = None

    @classmethod
    def load(cls, path: Path, root: Path | None = None) -> YoloSet:
        """Of a `data.yaml`, or of a folder that holds one; InputError if it is none of a pose set."""
        file = _yaml_in(path) if path.is_dir() else require_file(path, "a YOLO set's data.yaml")
        try:
            values = yaml.safe_load(file.read_bytes())
        except (OSError, ValueError, yaml.YAMLError, RecursionError) as error:
            raise InputError(f"{file}: not YAML ({' '.join(str(error).split())})", NOT_YAML) from error
        if not isinstance(values, dict) or "kpt_shape" not in values:
            raise InputError(f"{file}: no kpt_shape, so no YOLO pose set", "kpt_shape: [number of keypoints, 2 or 3]")
        return cls(file, values, root)

    @cached_property
    def shape(self) -> tuple[int, int]:
        """Number of keypoints, and 2 (x, y) or 3 (x, y, flag) numbers each."""
        shape = self.values["kpt_shape"]
        whole = isinstance(shape, (list, tuple)) and len(shape) == 2 and all(type(n) is int for n in shape)
        if not whole or shape[0] < 1 or shape[1] not in (2, 3):
            raise InputError(f"{self.file}: kpt_shape = {shape}", "kpt_shape: [number of keypoints, 2 or 3]")
        return shape[0], shape[1]

    @cached_property
    def names(self) -> dict[int, str]:
        """Class numbers and names; none where the file has only their number, or not even that."""
        names = self.values.get("names")
        if isinstance(names, dict):
            return {int(number): str(name) for number, name in names.items() if str(number).isdecimal()}
        if isinstance(names, list):
            return dict(enumerate(map(str, names)))
        count = self.values.get("nc")
        return {n: f"class_{n}" for n in range(count)} if type(count) is int else {}

    @property
    def people(self) -> tuple[int, ...]:
        """The classes that are read: the one called `person` where there are others beside it, else all; () for any number."""
        persons = tuple(number for number, name in self.names.items() if name.strip().lower() == "person")
        return persons if len(persons) == 1 else tuple(self.names)

    @cached_property
    def skeleton(self) -> Skeleton:
        """See `ordered`."""
        return self.ordered[0]

    @cached_property
    def ordered(self) -> tuple[Skeleton, tuple[int, ...]]:
        """The skeleton, and where its keypoints stand in a row.

        `kpt_names` where given; else COCO's, where there are 17 and `flip_idx` is theirs; else kpt_0, kpt_1, ... with the pairs
        of `flip_idx`.
        """
        count, flip, names = self.shape[0], self._flip(), self._keypoint_names()
        coco = SKELETONS["coco17"]
        if not names:
            names = list(coco.keypoints) if flip == coco.flip else [f"kpt_{i}" for i in range(count)]
        swaps = () if flip == tuple(range(count)) else flip
        return skeleton_from_names(names, [], self.names.get(self.people[0]) if self.people else "person", self.file, swaps)

    def _flip(self) -> tuple[int, ...]:
        flip, count = self.values.get("flip_idx") or [], self.shape[0]
        known = isinstance(flip, list) and all(type(i) is int and 0 <= i < count for i in flip)
        if flip and not (known and len(flip) == count and all(flip[i] == at for at, i in enumerate(flip))):
            raise InputError(f"{self.file}: flip_idx = {flip} does not swap pairs of {count} keypoints", _DOCS)
        return tuple(flip)

    def _keypoint_names(self) -> list[Any]:
        """`kpt_names`, a list, a list for each class, or a mapping of class to list; [] without."""
        names = self.values.get("kpt_names") or []
        first = self.people[0] if self.people else 0
        if isinstance(names, dict):
            names = names.get(first) or names.get(str(first)) or next(iter(names.values()))
        chosen = names[min(first, len(names) - 1)] if names and isinstance(names[0], list) else names
        if chosen and len(chosen) != self.shape[0]:
            raise InputError(f"{self.file}: {len(chosen)} kpt_names, kpt_shape says {self.shape[0]} keypoints", _DOCS)
        return list(chosen)

    def entries(self, split: str | None) -> list[Path]:
        """Folders of pictures and lists of them, as ultralytics finds them; InputError where there are none."""
        keys = [key for key in _SPLITS[split] if self.values.get(key)]
        if not keys:
            raise InputError(
                f"{self.file}: no pictures: it has no {' or '.join(_SPLITS[split][:2])}", "train: images/train, val: ..."
            )
        named = [n for key in keys for n in (self.values[key] if isinstance(self.values[key], list) else [self.values[key]])]
        return [self._found(str(name)) for name in named]

    def _roots(self) -> list[Path]:
        """Where paths may start from: the user's folder, else `path` as it is or beside data.yaml, else where data.yaml lies."""
        if self.root is not None:
            return [self.root]
        home, path = self.file.parent, Path(str(self.values.get("path") or "")).expanduser()
        return [root for root in (home / path, path) if is_there(root) and root.is_dir()] + [home]

    def _found(self, name: str) -> Path:
        name = name if is_there(Path(name)) else name.replace("\\", "/")
        tails = [name, *([name.removeprefix("../")] if name.startswith("../") else []), *_moved(name)]
        places = [root / tail for root in self._roots() for tail in tails]
        for place in places:
            if is_there(place):
                return Path(os.path.normpath(place.absolute()))
        raise InputError(
            f"{self.file}: {name} is not there; looked for {', '.join(map(str, dict.fromkeys(places)))}",
            "correct `path` in data.yaml, or set `images` (--images) to the folder of the set",
        )

    def pictures(self, split: str | None) -> list[Path]:
        """Every picture of a split once, in order, whether it is there or not."""
        found = (picture for entry in self.entries(split) for picture in self._pictures_of(entry))
        return list(dict.fromkeys(p for p in found if p.suffix.lower() in PICTURES))

    def _pictures_of(self, entry: Path) -> Sequence[Path]:
        if entry.is_dir():
            return sorted(entry / path for path in files_below(entry))
        return list(self._listed(entry))

    def _listed(self, entry: Path) -> Iterator[Path]:
        """The pictures that a text file names: from where it lies (`./x`), from the set's folder, or absolute."""
        for line in entry.read_text(encoding="utf-8-sig", errors="replace").splitlines():
            name = line.strip().replace("\\", "/")
            if name:
                starts = [entry.parent, *self._roots()]
                tails = [name, *_moved(name)]
                places = [Path(os.path.normpath((start / tail).absolute())) for tail in tails for start in starts]
                yield next((p for p in places if is_there(p)), places[0])

    def label_folders(self, split: str | None) -> list[Path]:
        """Where a split's labels are, the folders below left out."""
        places = (p for e in self.entries(split) for p in ([e / "x.jpg"] if e.is_dir() else self._listed(e)))
        return sorted({label_of(p).parent for p in places})

    def label_rule(self, split: str | None) -> Callable[[Path], Path]:
        """`label_of`, or beside the picture where none of the folders that that names is there."""
        return label_of if any(f.is_dir() for f in self.label_folders(split)) else lambda picture: picture.with_suffix(".txt")

    def folder(self, split: str | None) -> Path:
        """The folder that all pictures of a split lie in, at whatever depth."""
        parents = {e if e.is_dir() else p.parent for e in self.entries(split) for p in ([e] if e.is_dir() else self._listed(e))}
        if not parents:
            raise InputError(f"{self.file}: the lists of pictures are empty", _DOCS)
        return Path(os.path.commonpath(parents))


def _moved(name: str) -> list[str]:
    """What an absolute path of another machine may be called here: its ends, the longest first."""
    absolute = name.startswith("/") or name[1:3] == ":/"
    parts = [p for p in name.split("/") if p not in ("", ".", "..")][1:] if absolute else []
    return ["/".join(parts[at:]) for at in range(len(parts))]


def label_of(picture: Path) -> Path:
    """The label file of a picture, by ultralytics' rule: the last folder `images` is `labels`; else beside the picture."""
    head, images, tail = picture.as_posix().rpartition("/images/")
    return Path(f"{head}/labels/{tail}" if images else picture).with_suffix(".txt")


def _yaml_in(folder: Path) -> Path:
    """The one YAML file of a pose set in a folder; InputError if there is none, or several."""
    files = sorted(p for p in folder.iterdir() if p.suffix.lower() in (".yaml", ".yml") and b"kpt_shape" in p.read_bytes())
    if len(files) != 1:
        found = ", ".join(p.name for p in files) or "none"
        raise InputError(f"{folder}: one YAML file with kpt_shape is expected, found: {found}", "name the file itself")
    return files[0]
