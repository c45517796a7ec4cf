"""The camera of a sequence: where it stands, and how it turns and zooms while it looks."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float, UInt8

from smpl_assets.motion.paths import Ground
from smpl_assets.render.sequences.settings import SequenceSettings
from smpl_assets.scene import Camera

MARGIN = 1.5  # side of the place's picture, of the frame's longer side
_PERSON_M = 1.7
_AIM_M = 0.9  # height above the ground that the camera looks at
_DRIFT, _TREMBLE, _ZOOM = 0.16, 0.006, 0.12  # of the frame's width, of it, natural logarithm
_HELD_HZ = 1.7


@dataclass(frozen=True)
class View:
    """A camera that stands still, and the window that it looks through.

    camera_from_world: (3, 3); world: y up, the ground y = 0, people about its origin. eye: (3,) m, where the camera stands.
    focal: px. width, height: of a frame. drift: (2,) frame widths that the view moves in a sequence; zoom: logarithm that it
    changes by; tremble: amplitude, frame widths; phases: (2, 2) rad of the trembling.
    """

    camera_from_world: Float[np.ndarray, "3 3"]
    eye: Float[np.ndarray, "3"]
    focal: float
    width: int
    height: int
    drift: Float[np.ndarray, "2"]
    zoom: float
    tremble: float
    phases: Float[np.ndarray, "2 2"]

    @property
    def moves(self) -> bool:
        """Whether frames show different windows."""
        return bool(self.drift.any() or self.zoom or self.tremble)

    @property
    def floor(self) -> tuple[float, float, float, float]:
        """The ground as SceneSpec takes it."""
        x, y, z = self.camera_from_world[:, 1].tolist()
        return (x, y, z, -float(self.eye[1]))

    def to_camera(self, points: Float[np.ndarray, "*n 3"]) -> Float[np.ndarray, "*n 3"]:
        """World to camera frame, m."""
        return (points - self.eye) @ self.camera_from_world.T

    def window(self, share: float, seconds: float) -> tuple[Float[np.ndarray, "2"], float]:
        """Shift (2,) px and zoom of the view, `share` (0 to 1) of the way through the sequence and at a time."""
        held = np.sin(2 * np.pi * _HELD_HZ * np.array([1.0, 1.6]) * seconds + self.phases).sum(axis=1)
        shift = (share - 0.5) * self.drift + 0.5 * self.tremble * held
        return shift * self.width, float(np.exp((share - 0.5) * self.zoom))

    def camera(self, share: float, seconds: float) -> Camera:
        """The camera of one moment."""
        shift, zoom = self.window(share, seconds)
        middle = np.array([self.width, self.height]) / 2 - shift * zoom
        return Camera(self.width, self.height, np.concatenate([np.full(2, self.focal * zoom), middle]))

    def behind(
        self, place: UInt8[np.ndarray, "side side 3"], share: float, seconds: float
    ) -> UInt8[np.ndarray, "height width 3"]:
        """What one moment shows of the place's picture."""
        shift, zoom = self.window(share, seconds)
        middle = np.array([self.width, self.height]) / 2
        start = place.shape[0] / 2 + shift - middle / zoom
        if not self.moves:
            x, y = np.rint(start).astype(int)
            return np.ascontiguousarray(place[y : y + self.height, x : x + self.width])
        # Pixel centres lie at +0.5 in continuous px, at whole numbers for OpenCV.
        inverse = np.array([[1 / zoom, 0, start[0] + 0.5 / zoom - 0.5], [0, 1 / zoom, start[1] + 0.5 / zoom - 0.5]])
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        return cv2.warpAffine(place, inverse, (self.width, self.height), flags=flags, borderMode=cv2.BORDER_REFLECT)


def draw_view(settings: SequenceSettings, rng: np.random.Generator) -> tuple[View, Ground]:
    """A camera at a person's height or a little above, looking slightly down, and the ground that it sees."""
    width, height = settings.width, settings.height
    focal = width / (2 * np.tan(np.deg2rad(rng.uniform(38, 62)) / 2))
    tall = rng.uniform(*settings.height_share) * height
    away, eye = focal * _PERSON_M / tall, rng.uniform(1.1, 2.1)
    pitch = np.arctan2(eye - _AIM_M, away)
    c, s = np.cos(pitch), np.sin(pitch)
    turn = np.array([[1.0, 0.0, 0.0], [0.0, -c, s], [0.0, -s, -c]])
    moving = rng.random() < settings.moving_camera_share
    drift = rng.uniform(-1, 1, 2) * np.array([_DRIFT, 0.25 * _DRIFT]) * 2
    zoom, tremble = rng.uniform(-_ZOOM, _ZOOM) * 2, rng.uniform(0, 2 * _TREMBLE)
    phases = rng.uniform(0, 2 * np.pi, (2, 2))
    if not moving:
        drift, zoom, tremble = np.zeros(2), 0.0, 0.0
    view = View(turn, np.array([0.0, eye, away]), float(focal), width, height, drift, zoom, tremble, phases)
    return view, Ground(0.5 * width / focal * away, min(rng.uniform(0.12, 0.28) * away, 0.5 * away - 0.6))
