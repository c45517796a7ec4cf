"""The `track.own` section: the user's own sequences."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field

from smpl_assets.errors import InputError
from smpl_assets.settings import Settings

Split = Literal["train", "validation"]


class OwnSequences(Settings):
    """The `track.own` section: somebody's own annotated sequences (PoseTrack 2017, 2018, 2021) beside the filmed ones, or, where
    `track.data.train` or `validation` is 0, in place of them.

    train, validation: a folder with one JSON per sequence, or one such file; empty = none.
    images: the folder that their images lie in; names in the JSON are relative to it, or to a folder above it.
    shard_size: sequences of a shard.
    """

    train: str = ""
    validation: str = ""
    images: str = ""
    shard_size: int = Field(50, ge=1)

    def files(self, split: Split) -> list[Path]:
        """A split's files, by name; InputError where there are none, or no images."""
        given = getattr(self, split)
        if not given:
            return []
        key, path = f"track.own.{split}", Path(given).expanduser()
        if not path.exists():
            raise InputError(f"{key}: {path}: no such folder or file", "name the folder that holds one JSON per sequence")
        files = sorted(path.glob("*.json")) if path.is_dir() else [path]
        if not files:
            raise InputError(f"{key}: {path}: no .json file in this folder", "name the folder that holds one JSON per sequence")
        self.folder()
        return files

    def folder(self) -> Path:
        """That of the images; InputError where there is none."""
        path = Path(self.images).expanduser()
        if not self.images or not path.is_dir():
            what = f"track.own.images: {path if self.images else 'not set'}: no such folder"
            raise InputError(what, "name the folder that the names of the sequences' images are relative to")
        return path
