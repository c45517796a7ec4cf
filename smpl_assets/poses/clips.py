"""Motion clips in SMPL's terms, and the formats they are read from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor

from smpl_assets.errors import InputError
from smpl_assets.poses.settings import PoseFiles
from smpl_assets.poses.table import POSE_FORMATS
from smpl_assets.walk import files_below


@dataclass(frozen=True)
class Clip:
    """One motion.

    name: the file's stem; body_pose: (T, 23, 3, 3); root: (T, 3, 3) rotation of the body frame in a world whose y is up.
    rate: frames a second as thinned, 0 where the file does not say.
    """

    name: str
    body_pose: Float[Tensor, "frames 23 3 3"]
    root: Float[Tensor, "frames 3 3"]
    rate: float = 0.0

    def __len__(self) -> int:
        return len(self.root)


@dataclass(frozen=True)
class ClipFormat:
    """How motion files of one kind are found and read.

    patterns: of file names, in lower case. is_clip: whether a file that fits a pattern is one. read_clip: (file, frames a second,
    0 = all) -> the motion; InputError for a file that cannot be used.
    """

    patterns: tuple[str, ...]
    is_clip: Callable[[Path], bool]
    read_clip: Callable[[Path, float], Clip]


def thin(frames: int, rate: float, wanted: float) -> tuple[Tensor, float]:
    """Indices of about `wanted` frames a second of a clip at `rate` (all where either is 0), and the rate that is left."""
    step = max(1, round(rate / wanted)) if wanted > 0 and rate > 0 else 1
    return torch.arange(0, frames, step), rate / step


def read_clips(settings: PoseFiles) -> tuple[list[Clip], list[str]]:
    """All clips under `settings.path`, sorted by path, and a line for each file that was left out and why.

    Raises InputError if the path does not exist or nothing in it can be used.
    """
    reader: ClipFormat = POSE_FORMATS.load(settings.format)
    path = Path(settings.path).expanduser()
    if not path.exists():
        raise InputError(f"poses: {path} does not exist (format {settings.format})", "set pool.files.path to a file or folder")
    files = [path] if path.is_file() else _files(path, reader)
    clips, left_out = [], []
    for file in files:
        try:
            clips.append(reader.read_clip(file, settings.frames_per_second))
        except InputError as error:
            left_out.append(error)
    if not clips:
        what = f"poses: nothing usable in {path} (format {settings.format}): "
        if not left_out:
            raise InputError(f"{what}no file matches {', '.join(reader.patterns)}", "check format and path")
        others = f" (and {len(left_out) - 1} more files)" if len(left_out) > 1 else ""
        raise InputError(f"{what}{left_out[0].what}{others}", left_out[0].next_step or "check format and path")
    return clips, [error.what for error in left_out]


def _files(folder: Path, reader: ClipFormat) -> list[Path]:
    """The motions below a folder, whatever the case of their endings; hidden files (macOS leaves `._` ones) are none."""
    found = (folder / f for f in files_below(folder) if any(fnmatch(f.name.lower(), p) for p in reader.patterns))
    return sorted(f for f in found if f.is_file() and reader.is_clip(f))
