"""Opening a video file, a folder of images, or those that a pattern matches."""

from __future__ import annotations

import glob
import importlib.util
import os
from pathlib import Path

from smpl_assets.errors import InputError
from training.video.folder import IMAGES, FolderFootage
from training.video.footage import Footage

EXTRA = "pip install 'rarepose[video]'"


def open_footage(source: str, rate: float = 25.0) -> Footage:
    """The frames of a source. rate: frames a second of images, whose names tell no time.

    A video is read by PyAV where it is installed (`rarepose[video]`), else by OpenCV.

    Raises:
        InputError: nothing there, no image among what is there, or no video that can be decoded.
    """
    path = Path(source).expanduser()
    if path.is_dir():
        files = [f for f in path.iterdir() if f.suffix.lower() in IMAGES]
        if not files:
            raise InputError(
                f"{path}: no image in this folder ({', '.join(sorted(IMAGES))})", "name a folder of frames, or a video"
            )
        return FolderFootage(_name(path), files, rate)
    if not path.exists():
        files = [Path(f) for f in glob.glob(str(path), recursive=True) if Path(f).suffix.lower() in IMAGES]
        if not files:
            raise InputError(f"{source}: no such video, folder, or images of this pattern", "correct the path; quote patterns")
        return FolderFootage(_name(Path(files[0]).parent), files, rate)
    if path.suffix.lower() in IMAGES:
        return FolderFootage(path.stem, [path], rate)
    if has_av():
        from training.video.av_footage import AvFootage

        return AvFootage(path)
    from training.video.cv_footage import CvFootage

    return CvFootage(path)


def _name(folder: Path) -> str:
    """What a folder is called, however it is reached (`.`, `..`); `frames` where it has no name."""
    return Path(os.path.abspath(folder)).name or "frames"


def has_av() -> bool:
    """Whether PyAV is installed."""
    return importlib.util.find_spec("av") is not None
