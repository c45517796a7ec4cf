"""The stage `track_data`, its units of the user's own sequences: PoseTrack files and their pictures, laid out as filmed ones."""

from __future__ import annotations

from collections.abc import Sequence as Rows
from dataclasses import replace
from pathlib import Path

from smpl_assets.archive import ArchiveWriter, write_json
from smpl_assets.errors import InputError
from smpl_assets.photographs import read_bytes
from smpl_assets.pictures import BadImage, decode_image
from smpl_assets.skipped import Skipped
from smpl_assets.work import Bench
from training.datasets.image_folder import ImageFolder
from training.datasets.posetrack_sequences import read_sequence
from training.datasets.posetrack_writer import KEYPOINTS, write_sequence
from training.tracking.data_facts import facts_of_labels
from training.tracking.people import Sequence
from training.tracking.sequences import FRAMES, SEQUENCES

LONGEST = 100  # letters of a name in an archive
NO_LABELS, ODD_NAME = "no frame is labelled", f"name of an image that is not ASCII, or longer than {LONGEST} letters"
GAP = "frame numbers missing: how far apart frames are goes by the numbers in their names"


class _LeftOut(Exception):
    """A sequence that cannot be used."""


def gather_sequences(files: Rows[Path], images: Path, bench: Bench) -> None:
    """Copy own sequences and their pictures; writes what `film_sequences` writes, and `skipped.json`.

    A sequence of which a picture is missing, cannot be read or has another size than the others is left out and counted: a frame
    less would change how far apart its neighbours are. Where numbers in the images' names have gaps, that is noted.

    Args:
        files: PoseTrack files, one per sequence, with tracks.
        images: the folder that their images' names are relative to.
        bench: where to work.

    Raises:
        InputError: an annotation that breaks a rule, joints that PoseTrack does not have, or no sequence that can be used.
    """
    skipped, folder = Skipped(), ImageFolder(images)
    (bench.out / SEQUENCES).mkdir()
    kept: list[Sequence] = []
    with ArchiveWriter(bench.out / FRAMES) as archive:
        written: set[str] = set()
        for done, file in enumerate(files, start=1):
            sequence = _known(read_sequence(file, False, skipped), file)
            try:
                pictures = _pictures(sequence, folder, images)
            except _LeftOut as error:
                skipped.add(str(error), file, sequence.name)
            else:
                for frame, data in pictures.items():
                    if frame not in written:
                        archive.add(frame, data)
                written.update(pictures)
                if sequence.numbers[-1] >= len(sequence.frames):
                    skipped.note(GAP, file, sequence.name)
                kept.append(_sized(sequence, next(iter(pictures.values()))))
                write_sequence(kept[-1], bench.out / SEQUENCES / f"{sequence.name}.json")
            bench.progress(done, len(files))
    skipped.save(bench.out / "skipped.json")
    if not kept:
        what = f"{files[0].parent}: no sequence can be used ({skipped.summary()})"
        raise InputError(what, folder.told() or "correct the files, or track.own.images")
    write_json(bench.out / "summary.json", {
        "sequences": [{"name": s.name, **s.facts} for s in kept], "frames": sum(len(s.frames) for s in kept),
    })  # fmt: skip


def _known(sequence: Sequence, file: Path) -> Sequence:
    """The sequence; InputError where it has a joint that PoseTrack does not."""
    if unknown := [joint for joint in sequence.joints if joint not in KEYPOINTS]:
        what = f"{file}: PoseTrack has no joint {', '.join(unknown)}"
        raise InputError(what, f"name the joints as PoseTrack does: {', '.join(KEYPOINTS)}")
    return sequence


def _pictures(sequence: Sequence, folder: ImageFolder, root: Path) -> dict[str, bytes]:
    """The encoded pictures of a sequence by the names that its frames have, in order, each of which can be decoded."""
    names = [frame.image for frame in sequence.frames]
    if not any(frame.people is not None for frame in sequence.frames):
        raise _LeftOut(NO_LABELS)
    if any(len(name) > LONGEST or not name.isascii() for name in names):
        raise _LeftOut(ODD_NAME)
    found, size = folder.find(names), (sequence.width, sequence.height)
    pictures: dict[str, bytes] = {}
    for name in names:
        path, why = found[name]
        try:
            if why:
                raise BadImage(why)
            pictures[name] = read_bytes(root / path)
            height, width = decode_image(pictures[name], size_wh=size).shape[:2]
        except BadImage as error:
            raise _LeftOut(f"picture: {error}") from error
        size = (width, height)
    return pictures


def _sized(sequence: Sequence, picture: bytes) -> Sequence:
    """With the size of its pictures, which files of 2017 do not say, a number of its own for each frame, and what labels show."""
    height, width = decode_image(picture).shape[:2]
    frames = sequence.frames
    if len({frame.image_id for frame in frames}) < len(frames):
        frames = tuple(replace(frame, image_id=number) for number, frame in enumerate(frames))
    own = replace(sequence, width=width, height=height, frames=frames)
    return replace(own, facts=facts_of_labels(own))
