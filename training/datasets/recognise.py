"""Which data set a file or folder is, told from its content; what else it may be, where that is none."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from smpl_assets.errors import InputError
from training.datasets.foreign import looks_like
from training.datasets.glance import LARGEST, Glance
from training.datasets.reader import Reader
from training.datasets.table import READERS

_ENDINGS = (".json", ".mat", ".h5", ".yaml", ".yml")
_LISTED = 6
_SPELT = {"posetrack": "PoseTrack"}


def recognise_format(path: Path) -> str:
    """The first of the readers that says that this annotation file, or folder, is its own.

    Raises:
        InputError: there is no such file, or no reader wants it: what it looks like, and what to do.
    """
    glance = Glance(path)
    name = _reader_of(glance)
    if name is None:
        raise not_read(glance)
    return name


def not_read(glance: Glance) -> InputError:
    """What is at a path that no reader takes."""
    others = ", ".join(n for n in READERS.installed() if n != "coco" and READERS.load(n).make is None)
    formats = f"read are COCO keypoints and {others} (docs/datasets.md)"
    files = _annotation_files(glance.path) if glance.kind == "folder" else []
    if files:
        kinds = " and ".join(dict.fromkeys(_SPELT.get(kind, kind.upper()) for _, kind in files))
        names = ", ".join(str(file.relative_to(glance.path)) for file, _ in files[:_LISTED])
        return InputError(f"{glance.path}: a folder of {kinds} files", f"name one of them: {names}")
    found = looks_like(glance)
    if found:
        return InputError(f"{glance.path}: this looks like {found[0]}, which is not read", f"{found[1]}; {formats}")
    return InputError(
        f"{glance.path}: of no known data set; it is {glance.holds()}",
        f"export it as COCO keypoints or as a YOLO pose folder, or name the format with --format; {formats}",
    )


def explained(path: Path, form: str, error: InputError) -> InputError:
    """A reader's error about a file as a whole; where the file is plainly of another kind, that is said instead."""
    try:
        glance = Glance(path)
        name = _reader_of(glance)
        if name == form:
            return error
        if name is not None:
            return InputError(error.what, f'the file looks like format "{name}": set `format`, or --format {name}')
        return not_read(glance) if glance.kind == "folder" or looks_like(glance) else error
    except InputError:
        return error


def _reader_of(glance: Glance) -> str | None:
    for name in READERS.installed():
        reader: Reader = READERS.load(name)
        if reader.is_mine(glance):
            return name
    return None


def _annotation_files(folder: Path) -> list[tuple[Path, str]]:
    """Annotation files in a folder and those below it, with their formats; large ones are believed by their names."""
    return [(file, kind) for file in _candidates(folder) if (kind := _format_of(file))]


def _candidates(folder: Path) -> Iterator[Path]:
    for depth in ("*", "*/*"):
        yield from sorted(p for p in folder.glob(depth) if p.suffix.lower() in _ENDINGS and p.is_file())[:40]


def _format_of(file: Path) -> str | None:
    if file.stat().st_size > LARGEST:
        return "coco" if "keypoints" in file.name else None
    try:
        return _reader_of(Glance(file))
    except InputError:
        return None
