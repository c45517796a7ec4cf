"""Coordinates: two numbers a joint, measured from the middle of the crop in its widths and heights; and whether it is there."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from smpl_assets.skeletons import Skeleton
from training.codecs.codec import Found, Frame, Loss, People

Numbers = Float[Tensor, "batch channels"]


@dataclass(frozen=True)
class CoordinateTargets:
    """places: (B, J, 2), (x / W - 1/2, y / H - 1/2). supervised: joints that are there, outside the crop too. size_wh: px."""

    places: Float[Tensor, "batch joints 2"]
    supervised: Bool[Tensor, "batch joints"]
    size_wh: Float[Tensor, "2"]


@dataclass(frozen=True)
class Coordinates:
    """x and y of each joint, behind `extras` further numbers of it that are not learnt from here.

    The output is a row per sample, joint by joint, no map: (B, J x channels).
    """

    extras: int = 0

    def channels(self, skeleton: Skeleton) -> int:
        """Equally many of each keypoint."""
        return (2 + self.extras) * len(skeleton)

    def targets(self, people: People, frame: Frame) -> CoordinateTargets:
        """N(y; b) of DeepPose with the crop as box b."""
        keypoints, supervised = people.subject
        size = torch.tensor(frame.size_hw[::-1], dtype=keypoints.dtype, device=keypoints.device)
        return CoordinateTargets(keypoints / size - 0.5, supervised, size)

    def loss(self, output: Numbers, targets: CoordinateTargets) -> Loss:
        """Squared distance of each supervised joint."""
        error = ((self._joints(output)[..., -2:] - targets.places) ** 2).sum(2)
        return _counted(error, targets.supervised)

    def mirror(self, output: Numbers, flip: tuple[int, ...]) -> Numbers:
        """X changes its sign, joints change places."""
        return torch.stack([*self._joints(output)[:, list(flip)].unbind(2)[:-2], *self._turned(output, flip)], 2).flatten(1)

    def decode(self, output: Numbers, frame: Frame) -> Found:
        """Points in px; the score of coordinates alone is 1."""
        points = _pixels(self._joints(output)[..., -2:], frame)
        return Found(points, torch.ones_like(points[..., 0]))

    def _joints(self, output: Numbers) -> Float[Tensor, "batch joints numbers"]:
        return output.unflatten(1, (-1, 2 + self.extras))

    def _turned(self, output: Numbers, flip: tuple[int, ...]) -> tuple[Tensor, Tensor]:
        x, y = self._joints(output)[:, list(flip), -2:].unbind(2)
        return -x, y


@dataclass(frozen=True)
class PresentCoordinates(Coordinates):
    """Coordinates beside the logit of the joint's presence, which another stage learns; the score is the probability."""

    extras: int = 1

    def decode(self, output: Numbers, frame: Frame) -> Found:
        """Points in px, and how probable it is that the joint is there."""
        return Found(super().decode(output, frame).points, self._joints(output)[..., 0].sigmoid())


@dataclass(frozen=True)
class Presence:
    """The logit of each joint's presence (U eq 5). A joint that is not supervised is absent, where any joint of the sample is."""

    def channels(self, skeleton: Skeleton) -> int:
        """One per keypoint."""
        return len(skeleton)

    def targets(self, people: People, frame: Frame) -> Bool[Tensor, "batch joints"]:
        """Which joints are there."""
        return people.subject[1]

    def loss(self, output: Numbers, targets: Bool[Tensor, "batch joints"]) -> Loss:
        """Binary cross-entropy over all joints of samples with any; a sample without one is an image that could not be read."""
        error = binary_cross_entropy_with_logits(output, targets.to(output.dtype), reduction="none")
        return _counted(error, targets.any(1, keepdim=True).expand_as(targets))

    def mirror(self, output: Numbers, flip: tuple[int, ...]) -> Numbers:
        """Joints change places."""
        return output[:, list(flip)]

    def decode(self, output: Numbers, frame: Frame) -> Found:
        """Nothing is known of places: the middle of the crop."""
        return Found(_pixels(torch.zeros(*output.shape, 2, device=output.device), frame), output.sigmoid())


@dataclass(frozen=True)
class Refined(Coordinates):
    """What a later stage of DeepPose's cascade says of each joint: side, moved, x, y.

    side: of the box that it looked at, in widths of the crop. moved: how far it moved the joint, in torso diameters.
    """

    extras: int = 2

    def loss(self, output: Numbers, targets: CoordinateTargets) -> Loss:
        """Squared distance of each supervised joint in sides of its box: the box is what the stage's coordinates are of."""
        joints = self._joints(output)
        side = (joints[..., :1] * targets.size_wh[0]).detach()
        off = (joints[..., -2:] - targets.places) * targets.size_wh / side
        return _counted((off**2).sum(2), targets.supervised)

    def decode(self, output: Numbers, frame: Frame) -> Found:
        """Points in px; the score falls with how far the last stage still had to move the joint."""
        return Found(super().decode(output, frame).points, (1 - self._joints(output)[..., 1]).clamp(0, 1))


def _counted(error: Float[Tensor, "batch joints"], supervised: Bool[Tensor, "batch joints"]) -> Loss:
    return Loss(torch.where(supervised, error, 0.0).sum(1), supervised.sum(1).to(error.dtype))


def _pixels(places: Float[Tensor, "batch joints 2"], frame: Frame) -> Float[Tensor, "batch joints 2"]:
    return (places + 0.5) * torch.tensor(frame.size_hw[::-1], dtype=places.dtype, device=places.device)
