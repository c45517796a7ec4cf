"""What a pose system is: plain data about a network, its codecs and what it has to be fed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor, nn

from smpl_assets.settings import Settings
from smpl_assets.skeletons import Skeleton
from training.codecs.codec import Codec, Frame, Knobs, People, RegionRequest


@dataclass(frozen=True)
class Stage:
    """One output of a network. weight: of its loss. stride: px of the input per cell of the output, 0 where it is no map."""

    codec: Codec
    weight: float = 1.0
    stride: int = 4

    def frame(self, size_hw: tuple[int, int]) -> Frame:
        """The frame of this output for inputs of a size, px."""
        return Frame(size_hw, self.stride)


@dataclass(frozen=True)
class Phase:
    """A part of the training in which only some of the network learns.

    share: of the optimisation steps. learns: prefixes of the parameters that change, all where empty. stages: outputs whose
    losses count, all where empty.
    """

    share: float
    learns: tuple[str, ...] = ()
    stages: tuple[int, ...] = ()


class NoOptions(Settings):
    """A system without options of its own."""


@dataclass(frozen=True)
class System:
    """A pose system.

    build: (options, channels of each stage) -> the network. `forward(images (B, 3, H, W)) -> tuple of outputs`, one per stage;
        it knows nothing of targets, losses and flips.
    stages: (options, the configuration's codec) -> which codec reads which output; the last one is decoded.
    options: validated settings of `train.options`.
    codec: makes the codec that `train.codec` means where it is not set.
    reads: what it is fed, a key of `training.feeds.FEEDS`.
    multiple: input height and width must be multiples of it, px. smallest: and not less than this.
    heads: prefixes of the layers whose output channels are a codec's; start weights are matched there joint by joint.
    reads_maps: prefixes of layers that are fed with the maps of an earlier output: where start weights know other joints, these
        start from chance.
    phases: of the training; none = everything learns from the first step to the last. phases_of: the same of the options.
    regions: of Edge Boxes that its codec learns from; none = it needs none. regions_of: the same of the options.
    of_skeleton: `build` is given the skeleton too, behind the channels.
    guided: in training `forward` is given the subjects too, keypoints (B, J, 2) px and supervised (B, J): where to look.
    exports: formats of `rarepose export onnx` that its network and its decoding have; a system that has none says so here.
    source: the publication. brings: what the user may or has to bring for it, beside annotated images.
    """

    build: Callable[..., nn.Module]
    stages: Callable[..., tuple[Stage, ...]]
    codec: Callable[[Knobs], Codec]
    options: type[Settings] = NoOptions
    reads: str = "crops"
    multiple: int = 32
    smallest: int = 32
    heads: tuple[str, ...] = ("head",)
    reads_maps: tuple[str, ...] = ()
    phases: tuple[Phase, ...] = ()
    phases_of: Callable[..., tuple[Phase, ...]] | None = None
    regions: RegionRequest | None = None
    regions_of: Callable[..., RegionRequest | None] | None = None
    of_skeleton: bool = False
    guided: bool = False
    exports: tuple[str, ...] = ("plain", "rtmlib")
    source: str = ""
    brings: str = ""


@dataclass(frozen=True)
class PoseModel:
    """A network with what its outputs mean: all that training, prediction and export need."""

    network: nn.Module
    stages: tuple[Stage, ...]
    skeleton: Skeleton
    system: System

    @property
    def last(self) -> Stage:
        """The stage that is decoded."""
        return self.stages[-1]

    def __call__(self, image: Tensor) -> tuple[Tensor, ...]:
        """The outputs of normalised RGB (B, 3, H, W), one per stage."""
        outputs: tuple[Tensor, ...] = self.network(image)
        return outputs

    def shown(self, image: Tensor, people: People) -> tuple[Tensor, ...]:
        """The outputs in training, where a guided network is told where to look."""
        return shown(self.network, self.system.guided, image, people)


def shown(network: nn.Module, guided: bool, image: Tensor, people: People) -> tuple[Tensor, ...]:
    """`PoseModel.shown` for who holds no system, as processes that are spawned: it cannot be handed to them."""
    outputs: tuple[Tensor, ...] = network(image, *people.subject) if guided else network(image)
    return outputs
