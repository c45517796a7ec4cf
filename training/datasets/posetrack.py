"""PoseTrack 2017, 2018 and 2021: one JSON file, or a folder with one per sequence."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from smpl_assets.errors import InputError
from smpl_assets.pose_table import ImageTable, PoseTable
from smpl_assets.progress import Progress, silent
from smpl_assets.skipped import Skipped
from training.datasets.builder import Person, TableBuilder, read_people, require_people
from training.datasets.files import load_json
from training.datasets.posetrack17 import Frames17
from training.datasets.posetrack18 import Frames18
from training.datasets.reader import Reader


def read_posetrack(annotations: Path, images: Path | None, progress: Progress = silent) -> tuple[PoseTable, Skipped]:
    """Read PoseTrack people with their track, sequence and frame.

    `person_id` is the track within the sequence, `sequence` the folder of the frame's image, `frame` the number in its name.
    Frames without labels are kept as images that are not `labelled`, count as having people, and have their numbers as well;
    regions to ignore are their image's. All versions: +0.5 px (pixels counted from 0); a joint
    with a location is annotated, and seen unless 2017's `is_visible` says otherwise. `head_size` is 0.6 x the diagonal of the
    head box.

    Raises:
        InputError: no PoseTrack JSON there, versions mixed, or the folder cannot be used.
    """
    files = sorted(annotations.glob("*.json")) if annotations.is_dir() else [annotations]
    if not files:
        raise InputError(f"{annotations}: no .json file in this folder", "name the folder that holds one file per sequence")
    skipped = Skipped()
    parts = [_open(file, images, skipped) for file in files]
    for part in parts:
        if part.skeleton != parts[0].skeleton:
            names = f"{part.skeleton.name}, but {files[0]} has {parts[0].skeleton.name}"
            raise InputError(f"{part.file}: skeleton {names}", "read one version at a time")
    builder = TableBuilder(parts[0].skeleton, _in_sequences(ImageTable.concatenate([part.images for part in parts])))
    offset = 0
    for part in parts:

        def person(entry: Any, part: Frames17 | Frames18 = part, offset: int = offset) -> Person | None:
            found = part.person(entry)
            return found and dataclasses.replace(found, image=found.image + offset)

        read_people(part.people, person, builder, skipped, part.entry_name, part.file, progress)
        offset += len(part.images)
    return require_people(builder, skipped, annotations), skipped


def _open(file: Path, images: Path | None, skipped: Skipped) -> Frames17 | Frames18:
    document = load_json(file, "PoseTrack annotations")
    if isinstance(document, dict) and isinstance(document.get("annolist"), list):
        return Frames17(document["annolist"], images, file, skipped)
    return Frames18(document, images, file, skipped)


def _in_sequences(frames: ImageTable) -> ImageTable:
    """The frames with their sequences (the folder of the image) and numbers (the last one in its name; -1 if there is none)."""
    folders = [PurePosixPath(name).parent.name for name in frames.file_name]
    position = {name: index for index, name in enumerate(dict.fromkeys(folders))}
    return dataclasses.replace(
        frames,
        sequence=np.array([position[f] for f in folders], np.int64),
        frame=np.array([_number(PurePosixPath(name).stem) for name in frames.file_name], np.int64),
        sequences=tuple(position),
    )


def _number(stem: str) -> int:
    digits = re.findall(r"\d+", stem)
    number = int(digits[-1][-40:]) if digits else -1
    return number if number < 2**63 else -1


READER = Reader(
    is_mine=lambda glance: (
        any(name.endswith(".json") for name in glance.content)
        if glance.kind == "folder"
        else glance.lists("annolist") or (glance.lists("annotations", "categories") and glance.tracks)
    ),
    read=lambda settings, split, progress: read_posetrack(*settings.files, progress),
)
