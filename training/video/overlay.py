"""People drawn into frames: colour by track, the way they came, joints that were only inferred hollow."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from itertools import pairwise

import cv2
import numpy as np

from smpl_assets.drawing.palette import rgb
from smpl_assets.drawing.track_colours import track_colour
from smpl_assets.skeletons import Skeleton
from training.tracking.people import People
from training.video.footage import Picture

TRAIL = 15  # frames
_SUB = 4  # bits of sub-pixel drawing


class Overlay:
    """Draws frame after frame of one video."""

    def __init__(self, skeleton: Skeleton) -> None:
        self.limbs = skeleton.limb_indices
        self._hips = [skeleton.keypoints.index(n) for n in ("left_hip", "right_hip") if n in skeleton.keypoints]
        self._trails: dict[int, deque[np.ndarray]] = {}

    def draw(self, image: Picture, people: People) -> Picture:
        """A copy of the frame with its people."""
        canvas = np.ascontiguousarray(image).copy()
        size = max(0.6, min(canvas.shape[:2]) / 480)
        self._follow(people)
        for track, trail in self._trails.items():
            self._draw_trail(canvas, list(trail), track, size)
        for row, track in enumerate(people.ids.tolist()):
            draw_person(canvas, people, row, self.limbs, track, size)
        return canvas

    def _follow(self, people: People) -> None:
        now = {int(t): self._middle(people, row) for row, t in enumerate(people.ids) if t >= 0}
        for track in [t for t in self._trails if t not in now]:
            self._trails[track].popleft()
            if not self._trails[track]:
                del self._trails[track]
        for track, middle in now.items():
            if np.isfinite(middle).all():
                self._trails.setdefault(track, deque(maxlen=TRAIL)).append(middle)

    def _middle(self, people: People, row: int) -> np.ndarray:
        """Between the hips, else the middle of all joints."""
        points = people.keypoints[row]
        hips = points[self._hips][np.isfinite(points[self._hips]).all(1)]
        found = hips if len(hips) else points[people.present[row]]
        return found.mean(0) if len(found) else np.full(2, np.nan)

    @staticmethod
    def _draw_trail(canvas: Picture, trail: Sequence[np.ndarray], track: int, size: float) -> None:
        for place, (one, other) in enumerate(pairwise(trail), start=1):
            width = max(1, round(3 * size * place / len(trail)))
            cv2.line(canvas, _fixed(one), _fixed(other), rgb(track_colour(track)), width, cv2.LINE_AA, _SUB)


def draw_person(canvas: Picture, people: People, row: int, limbs: Sequence[tuple[int, int]], track: int, size: float) -> None:
    """One person into the picture itself: limbs, joints (hollow where not seen), and the track's number at the head."""
    colour, points, present = rgb(track_colour(track)), people.keypoints[row], people.present[row]
    for width, tint in ((3.6, (20, 20, 20)), (2.0, colour)):
        for a, b in limbs:
            if present[a] and present[b]:
                cv2.line(canvas, _fixed(points[a]), _fixed(points[b]), tint, max(1, round(width * size)), cv2.LINE_AA, _SUB)
    radius = round(3.4 * size * 2**_SUB)
    for joint in np.flatnonzero(present):
        seen = bool(people.visible[row, joint])
        cv2.circle(canvas, _fixed(points[joint]), radius, (255, 255, 255), -1, cv2.LINE_AA, _SUB)
        cv2.circle(canvas, _fixed(points[joint]), round(radius * 0.8), colour, -1 if seen else 1, cv2.LINE_AA, _SUB)
    if present.any() and track >= 0:
        top = points[present][points[present][:, 1].argmin()]
        _label(canvas, str(track), (round(top[0]), round(top[1] - 8 * size)), colour, size)


def _label(canvas: Picture, text: str, at: tuple[int, int], colour: tuple[int, int, int], size: float) -> None:
    """Text on a plate of the colour, inside the picture."""
    scale, line = 0.5 * size, max(1, round(1.2 * size))
    (width, height), below = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, scale, line)
    pad = max(2, round(3 * size))
    x = min(max(at[0] - width // 2, pad), canvas.shape[1] - width - pad)
    y = min(max(at[1], height + pad), canvas.shape[0] - pad)
    cv2.rectangle(canvas, (x - pad, y - height - pad), (x + width + pad, y + below // 2 + pad // 2), colour, -1)
    dark = 0.299 * colour[0] + 0.587 * colour[1] + 0.114 * colour[2] > 140
    cv2.putText(canvas, text, (x, y), cv2.FONT_HERSHEY_SIMPLEX, scale, (0, 0, 0) if dark else (255,) * 3, line, cv2.LINE_AA)


def _fixed(point: np.ndarray) -> tuple[int, int]:
    """Continuous px as OpenCV's fixed-point pixel indices."""
    x, y = np.round((np.clip(point, -1e5, 1e5) - 0.5) * 2**_SUB).astype(int).tolist()
    return x, y
