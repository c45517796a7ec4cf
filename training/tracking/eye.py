"""A trained network at work: people of pictures, and how well flow supports that two people are one."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from training.systems.pixels import normalise
from training.tracking.checkpoint import TrainedTracker
from training.tracking.decode import decode
from training.tracking.decode_settings import DecodeSettings
from training.tracking.network_settings import Reading
from training.tracking.people import People
from training.tracking.score import flow_score, joint_fields

_PEAKS = {"tml_vgg19": 0.1}
_NARROW_PEAK = 0.25


@dataclass(frozen=True)
class Sight:
    """What the network saw in a picture.

    state: what its temporal part compares. zoom: px of its input per px of the picture.
    """

    state: Float[Tensor, "1 channels rows columns"]
    people: People
    zoom: float


class Eye:
    """Finds people and compares frames."""

    def __init__(
        self, trained: TrainedTracker, settings: DecodeSettings, height: int | None = None, tallest: int | None = None
    ) -> None:
        """`height`: px that pictures are scaled to, None = as they are, but no taller than `tallest`."""
        self.trained, self.settings, self.height, self.tallest = trained, settings, height, tallest
        self.network, self.limbs = trained.network, trained.limbs
        self.stride = self.network.options.stride
        self.device = next(self.network.parameters()).device
        self.peak = _PEAKS.get(self.network.options.system, _NARROW_PEAK) if settings.peak is None else settings.peak

    @property
    def readings(self) -> tuple[Reading, ...]:
        """Every head at the first temporal stage and at the last."""
        stages = sorted({1, len(self.network.temporal)})
        return tuple((head, stage) for head in self.network.options.heads for stage in stages)

    @torch.inference_mode()
    def see(self, image: UInt8[np.ndarray, "height width 3"]) -> Sight:
        """The people of a picture, in its px, and what further frames are compared with."""
        wanted = self.height or min(image.shape[0], self.tallest or image.shape[0])
        zoom = wanted / image.shape[0]
        if zoom != 1.0:
            size = (max(1, round(image.shape[1] * zoom)), wanted)
            image = cv2.resize(image, size, interpolation=cv2.INTER_AREA if zoom < 1 else cv2.INTER_LINEAR)
        height, width = image.shape[:2]
        multiple = self.network.options.multiple
        padded = np.pad(image, ((0, -height % multiple), (0, -width % multiple), (0, 0)))
        maps = self.network.look(normalise(torch.from_numpy(padded[None]).to(self.device)))
        heat, affinity = maps.heat[-1][0], maps.affinity[-1][0]
        people = decode(heat, affinity, self.limbs, self.stride, (width, height), self.settings, self.peak)
        return Sight(maps.state, replace(people, keypoints=people.keypoints / zoom), zoom)

    @torch.inference_mode()
    def flow(
        self, before: Sight, after: Sight, first: People, second: People
    ) -> dict[Reading, Float[np.ndarray, "before after"]]:
        """S_T (5.5) of people of two frames, by every head and stage."""
        flows = self.network.compare(before.state, after.state)
        places = first.keypoints * before.zoom, second.keypoints * after.zoom
        found = {}
        for head, stage in self.readings:
            fields = joint_fields(flows[head][stage - 1][0].float().cpu(), head, self.limbs)
            found[head, stage] = flow_score(*places, fields, self.stride, self.trained.still)
        return found
