"""The interface of a codec, and the records that pass through it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, Protocol, runtime_checkable

from jaxtyping import Bool, Float
from torch import Tensor

from smpl_assets.skeletons import Skeleton

Decode = Literal["quarter", "dark", "argmax"]


@dataclass(frozen=True)
class Frame:
    """What the coordinates of a batch mean. size_hw: of the crop or image, px. stride: px of it per cell of the output read."""

    size_hw: tuple[int, int]
    stride: int

    @property
    def cells_hw(self) -> tuple[int, int]:
        """Rows and columns of an output at this stride."""
        return self.size_hw[0] // self.stride, self.size_hw[1] // self.stride


@dataclass(frozen=True)
class People:
    """The people of a batch; P = 1 for crops, where the first is the one that the crop is about.

    keypoints: continuous px of the crop or image. supervised: joints that may be learnt from. visible: joints that are
    not hidden; all of them where nothing is said. regions: x0, y0, x1, y1, px, of what the codec asked for (`RegionRequest`).
    """

    keypoints: Float[Tensor, "batch people joints 2"]
    supervised: Bool[Tensor, "batch people joints"]
    visible: Bool[Tensor, "batch people joints"] | None = None
    regions: Float[Tensor, "batch regions 4"] | None = None

    @property
    def seen(self) -> Bool[Tensor, "batch joints"]:
        """Joints of the first person of each sample that are not hidden."""
        return (self.supervised if self.visible is None else self.visible)[:, 0]

    @property
    def subject(self) -> tuple[Float[Tensor, "batch joints 2"], Bool[Tensor, "batch joints"]]:
        """Keypoints and supervised joints of the first person of each sample."""
        return self.keypoints[:, 0], self.supervised[:, 0]


SHORTEST_RANDOM = 0.25  # side of a region of random size, share of the map's or crop's


@dataclass(frozen=True)
class RegionRequest:
    """Edge Boxes that a codec learns from: how many of each crop, and the shortest side of those worth having, px."""

    count: int
    smallest: float


@dataclass(frozen=True)
class Loss:
    """A loss taken apart, so that weighting a sample is one multiplication (eq 4.3).

    sum: over the supervised parts of each sample. count: of these parts.
    """

    sum: Float[Tensor, " batch"]
    count: Float[Tensor, " batch"]


@dataclass(frozen=True)
class Found:
    """Decoded poses. points: continuous px of the crop. score: in [0, 1] where the codec has a scale."""

    points: Float[Tensor, "batch joints 2"]
    score: Float[Tensor, "batch joints"]


@dataclass(frozen=True)
class Knobs:
    """What the configuration says to every codec that has a use for it.

    sigma: of Gaussian targets, cells. decode: how maps become points.
    """

    sigma: float = 2.0
    decode: Decode = "quarter"


@runtime_checkable
class Codec(Protocol):
    """A representation without weights or hidden state: people -> targets, outputs and targets -> loss, outputs -> points."""

    def channels(self, skeleton: Skeleton) -> int:
        """Channels of the output that it reads: equally many for each joint, joint after joint, then those of no joint."""
        ...

    def targets(self, people: People, frame: Frame) -> Any:
        """What the output should be, on the people's device; only `loss` and tests look inside."""
        ...

    def loss(self, output: Tensor, targets: Any) -> Loss:
        """How far the output is from its targets, per sample; nothing of it comes from unsupervised joints."""
        ...

    def mirror(self, output: Tensor, flip: tuple[int, ...]) -> Tensor:
        """What a network that was shown the mirrored crop says of the crop itself; `flip` swaps left and right joints."""
        ...

    def decode(self, output: Tensor, frame: Frame) -> Found:
        """Points and scores of each sample's subject."""
        ...
