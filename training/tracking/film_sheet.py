"""Rendered sequences to look at: a row of frames each, everybody's joints in them, a head box in each one's own colour."""

from __future__ import annotations

from collections.abc import Sequence as Rows

import cv2
import numpy as np
from jaxtyping import UInt8

from smpl_assets.drawing.palette import SERIES, rgb
from smpl_assets.drawing.poses import draw_pose, pose_flags
from smpl_assets.drawing.sheets import sheet
from smpl_assets.skeletons import SKELETONS
from training.tracking.people import Frame
from training.tracking.sequences import Recording

_LARGER = 2


def contact_sheet(recordings: Rows[Recording], columns: int = 10, limit: int = 12) -> UInt8[np.ndarray, "height width 3"]:
    """The first `limit` sequences, `columns` frames of each, evenly spread; regions to ignore are framed in black."""
    tiles = []
    for recording in recordings[:limit]:
        frames = recording.sequence.frames
        for index in np.linspace(0, len(frames) - 1, columns).round().astype(int).tolist():
            tiles.append(_drawn(recording.image(index), frames[index]))
    return sheet(tiles, columns, gap=0)


def _drawn(image: UInt8[np.ndarray, "_ _ 3"], frame: Frame) -> UInt8[np.ndarray, "_ _ 3"]:
    shown = np.asarray(cv2.resize(image, None, fx=_LARGER, fy=_LARGER, interpolation=cv2.INTER_CUBIC), np.uint8)
    for region in frame.ignore:
        cv2.polylines(shown, [np.rint(region * _LARGER).astype(np.int32)], True, (0, 0, 0), 1)
    if frame.people is None:
        return shown
    people, skeleton = frame.people, SKELETONS["posetrack15"]
    flags = pose_flags(people.present, people.visible)
    for row in range(len(people)):
        points = np.nan_to_num(people.keypoints[row]) * _LARGER
        shown = draw_pose(shown, skeleton, points, flags[row], radius=1.6)
        x0, y0, x1, y1 = np.rint(people.head_boxes[row] * _LARGER).astype(int).tolist()
        cv2.rectangle(shown, (x0, y0), (x1, y1), rgb(SERIES[int(people.ids[row]) % len(SERIES)]), 2)
    return shown
