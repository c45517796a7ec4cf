"""Which data set an annotation file is, told from its content."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from smpl_assets.errors import InputError
from training.datasets.files import load_json
from training.datasets.matlab import load_mat
from training.datasets.settings import DataFormat

_HDF5 = b"\x89HDF\r\n\x1a\n"
_NEXT = "name the format: --format coco|mpii|lsp|posetrack"


def recognise_format(path: Path) -> DataFormat:
    """The format of an annotation file, or of a folder of PoseTrack files, from what is in it.

    Raises:
        InputError: there is no such file, or its content is none of the known formats.
    """
    if path.is_dir():
        if any(path.glob("*.json")):
            return "posetrack"
        raise InputError(f"{path}: a folder without .json files; an annotation file or a PoseTrack folder is expected", _NEXT)
    if not path.is_file():
        raise InputError(f"{path}: no such file", "name the annotation file")
    with path.open("rb") as file:
        head = file.read(128)
    if head.startswith(_HDF5):
        return "mpii"
    if head.startswith(b"MATLAB"):
        return _recognise_mat(path)
    return _recognise_json(load_json(path, "an annotation file"), path)


def _recognise_mat(path: Path) -> DataFormat:
    names = load_mat(path)
    if "RELEASE" in names:
        return "mpii"
    if "joints" in names:
        return "lsp"
    found = ", ".join(n for n in names if not n.startswith("__")) or "nothing"
    raise InputError(f"{path}: a MATLAB file with neither RELEASE (MPII) nor joints (LSP); found: {found}", _NEXT)


def _recognise_json(document: Any, path: Path) -> DataFormat:
    if isinstance(document, list):
        if any(isinstance(row, dict) and ("joint_self" in row or "joints_vis" in row) for row in document[:20]):
            return "mpii"
    elif isinstance(document, dict):
        if isinstance(document.get("annolist"), list):
            return "posetrack"
        if isinstance(document.get("annotations"), list) and isinstance(document.get("categories"), list):
            return "posetrack" if _has_tracks(document) else "coco"
    found = ", ".join(map(str, list(document)[:8])) if isinstance(document, dict) else f"a {type(document).__name__}"
    raise InputError(f"{path}: JSON of no known data set; found: {found}", _NEXT)


def _has_tracks(document: dict[str, Any]) -> bool:
    frames = [f for f in (document.get("images") or [])[:20] if isinstance(f, dict)]
    people = [a for a in document["annotations"][:20] if isinstance(a, dict)]
    return any("vid_id" in f for f in frames) and (not people or any("track_id" in a for a in people))
