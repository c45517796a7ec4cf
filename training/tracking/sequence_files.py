"""Rendered sequences on disk: PoseTrack 2018's layout, as `training.datasets.posetrack_writer` writes it, with fifteen joints."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from smpl_assets.skeletons import SKELETONS
from smpl_assets.skipped import Skipped
from training.datasets import posetrack_sequences
from training.tracking.people import People, Sequence

JOINTS = SKELETONS["posetrack15"].keypoints


def read_sequence(file: Path) -> Sequence:
    """A file of the stage `track_data`, its people with JOINTS; the ears of the file are nobody's."""
    sequence = posetrack_sequences.read_sequence(file, False, Skipped())
    columns = [sequence.joints.index(name) for name in JOINTS]
    frames = tuple(
        frame if frame.people is None else replace(frame, people=_columns(frame.people, columns)) for frame in sequence.frames
    )
    return replace(sequence, joints=JOINTS, frames=frames)


def _columns(people: People, columns: list[int]) -> People:
    parts = {name: getattr(people, name)[:, columns] for name in ("keypoints", "joint_scores", "visible")}
    return replace(people, **parts)
