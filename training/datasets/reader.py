"""What reads the files of one data set format."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from smpl_assets.errors import InputError
from smpl_assets.pose_table import PoseTable
from smpl_assets.progress import Progress
from smpl_assets.skeletons import Skeleton
from smpl_assets.skipped import Skipped
from smpl_assets.work import Bench
from training.datasets.files import load_json, load_mat
from training.datasets.settings import DataSettings

_HDF5, _MATLAB = b"\x89HDF\r\n\x1a\n", b"MATLAB"


class Glance:
    """A first look at an annotation file or a folder of them: every reader asks, nothing is opened twice.

    kind: `folder`, `hdf5`, `mat` or `json`, from the first bytes.
    """

    def __init__(self, path: Path) -> None:
        """InputError if there is nothing at `path`."""
        self.path = path
        if not path.exists():
            raise InputError(f"{path}: no such file", "name the annotation file")
        head = b"" if path.is_dir() else path.open("rb").read(128)
        self.kind = (
            "folder" if path.is_dir() else "hdf5" if head.startswith(_HDF5) else "mat" if head.startswith(_MATLAB) else "json"
        )

    @cached_property
    def content(self) -> Any:
        """A JSON file's value, a MATLAB file's variables by name, a folder's file names, else None; InputError if unreadable."""
        if self.kind == "folder":
            return sorted(p.name for p in self.path.iterdir())
        if self.kind == "json":
            return load_json(self.path, "an annotation file")
        return load_mat(self.path) if self.kind == "mat" else None

    def lists(self, *keys: str) -> bool:
        """Whether this is a JSON object with a list at each of these keys."""
        return self.kind == "json" and isinstance(self.content, dict) and all(isinstance(self.content.get(k), list) for k in keys)

    def first(self, key: str = "") -> list[dict[str, Any]]:
        """The objects among the first twenty entries of a JSON list, or of the list at `key` of a JSON object."""
        found = self.content.get(key) if key and isinstance(self.content, dict) else self.content
        return [e for e in found[:20] if isinstance(e, dict)] if self.kind == "json" and isinstance(found, list) else []

    @property
    def tracks(self) -> bool:
        """Whether COCO-like JSON lists frames of videos, and people with tracks if any."""
        people = self.first("annotations")
        return any("vid_id" in f for f in self.first("images")) and (not people or any("track_id" in a for a in people))

    def holds(self) -> str:
        """What is there, for an error."""
        names = self.content if isinstance(self.content, (dict, list)) else []
        found = ", ".join(str(n) for n in list(names)[:8] if isinstance(n, str) and not n.startswith("__"))
        return f"{self.kind}: {found or 'nothing that is known'}"


@dataclass(frozen=True)
class Reader:
    """One data set format.

    is_mine: whether the reader would read this file, told from its content.
    read: (settings, split, progress) -> the people and what was left out. `split` is `train` or `validation` where one file holds
        both, None to read all; InputError where the files cannot be used as a whole, or nobody usable is in them.
    make: (settings, split, bench) of a set without files, which writes the whole artifact of the `annotations` stage itself.
    skeleton: the skeleton that the files name, without reading the people; None where the format has always the same ones.
    heads: whether the files may give sizes of heads.
    """

    is_mine: Callable[[Glance], bool]
    read: Callable[[DataSettings, str | None, Progress], tuple[PoseTable, Skipped]]
    make: Callable[[DataSettings, str, Bench], None] | None = None
    skeleton: Callable[[DataSettings], Skeleton] | None = None
    heads: bool = False
