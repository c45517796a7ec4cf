"""PoseTrack 2017, 2018 and 2021: one JSON file, or a folder with one per sequence."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path, PurePosixPath
from typing import Any

from smpl_assets.errors import InputError
from smpl_assets.pose_table import ImageRef, PoseTable
from smpl_assets.progress import Progress, silent
from smpl_assets.skipped import Skipped
from training.datasets.builder import Person, TableBuilder, read_people, require_people
from training.datasets.files import load_json
from training.datasets.posetrack17 import Frames17
from training.datasets.posetrack18 import Frames18


def read_posetrack(annotations: Path, images: Path | None, progress: Progress = silent) -> tuple[PoseTable, Skipped]:
    """Read PoseTrack people with their track, sequence and frame.

    `person_id` is the track within the sequence, `sequence` the folder of the frame's image, `frame` the number in its name.
    Frames without labels are kept as images and count as having people. All versions: +0.5 px (pixels counted from 0); a joint
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
    frames = [image for part in parts for image in part.images]
    sequences = tuple(dict.fromkeys(sequence_of(image) for image in frames))
    builder = TableBuilder(parts[0].skeleton, frames, sequences)
    position = {name: index for index, name in enumerate(sequences)}
    offset = 0
    for part in parts:

        def person(entry: Any, part: Frames17 | Frames18 = part, offset: int = offset) -> Person | None:
            found = part.person(entry)
            return found and _placed(found, offset, frames, position)

        read_people(part.people, person, builder, skipped, part.entry_name, part.file, progress)
        offset += len(part.images)
    return require_people(builder, skipped, annotations), skipped


def _open(file: Path, images: Path | None, skipped: Skipped) -> Frames17 | Frames18:
    document = load_json(file, "PoseTrack annotations")
    if isinstance(document, dict) and isinstance(document.get("annolist"), list):
        return Frames17(document["annolist"], images, file, skipped)
    return Frames18(document, images, file, skipped)


def _placed(person: Person, offset: int, frames: list[ImageRef], position: dict[str, int]) -> Person:
    """The person with its index among all frames, its sequence and its frame number."""
    frame = frames[person.image + offset]
    return dataclasses.replace(
        person, image=person.image + offset, sequence=position[sequence_of(frame)], frame=frame_number(frame)
    )


def sequence_of(frame: ImageRef) -> str:
    """The name of the folder that holds the frame."""
    return PurePosixPath(frame.file_name).parent.name


def frame_number(frame: ImageRef) -> int:
    """The last number in the frame's file name; -1 if there is none."""
    digits = re.findall(r"\d+", PurePosixPath(frame.file_name).stem)
    return int(digits[-1]) if digits else -1
