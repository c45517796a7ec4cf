"""The bottom-up tracker's network (T 5): where joints and limbs are in a frame, and how they move to another frame."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

from smpl_assets.seeds import derive_seed
from training.systems.backbones import SmallFeatures
from training.systems.simple_baseline import SimpleBaseline
from training.tracking.network_settings import Head, TmlOptions
from training.tracking.skeleton_limbs import Limbs

_VGG = (
    ("conv1_1", 64), ("conv1_2", 64), ("pool1", 0), ("conv2_1", 128), ("conv2_2", 128), ("pool2", 0), ("conv3_1", 256),
    ("conv3_2", 256), ("conv3_3", 256), ("conv3_4", 256), ("pool3", 0), ("conv4_1", 512), ("conv4_2", 512),
    ("conv4_3_CPM", 256), ("conv4_4_CPM", 128),
)  # fmt: skip


@dataclass(frozen=True)
class Maps:
    """What the spatial part says of frames.

    features: (B, C, rows, columns). Of each stage, heat: (B, joints + 1, rows, columns), affinity: (B, 2 limbs, rows, columns).
    """

    features: Tensor
    heat: tuple[Tensor, ...]
    affinity: tuple[Tensor, ...]

    @property
    def state(self) -> Tensor:
        """What the temporal part sees of a frame: features and the last stage's maps."""
        return torch.cat([self.features, self.heat[-1], self.affinity[-1]], 1)


class TmlNetwork(nn.Module):
    """Backbone, spatial stages of two branches, temporal stages of one, whose last layer says the flow of every head.

    flows: channels of each head.
    """

    def __init__(self, limbs: Limbs, options: TmlOptions) -> None:
        super().__init__()
        joints, self.options = len(limbs.skeleton), options
        full = options.system == "tml_vgg19"
        self.backbone = _BACKBONES[options.system]()
        width, first, later, temporal = (128, 512, 128, 128) if full else (32, 32, 32, 48)
        features = _FEATURES[options.system]
        stages, temporal_stages = options.stages or (6 if full else 2), options.flow_stages
        kernel = (7, 5) if options.kernel == "7x7" else (3, 3)
        outputs = {"heat": joints + 1, "affinity": 2 * len(limbs)}
        state = features + sum(outputs.values())
        self.spatial = nn.ModuleList(
            nn.ModuleDict({
                name: _stage(state if n else features, width, later if n else first, out, *(kernel if n else (3, 3)))
                for name, out in outputs.items()
            })
            for n in range(stages)
        )  # fmt: skip
        sizes: dict[Head, int] = {"limbs": 2 * len(limbs), "accumulated": 2, "joints": 2 * joints}
        self.flows = {head: sizes[head] for head in options.heads}
        flow = sum(self.flows.values())
        self.temporal = nn.ModuleList(
            _stage(2 * state + (flow if n else 0), temporal, temporal, flow, dilation=_dilation(options, n))
            for n in range(temporal_stages)
        )
        _initialise(self)

    def look(self, image: Float[Tensor, "batch 3 height width"]) -> Maps:
        """The spatial part, of normalised RGB whose sides are multiples of the stride."""
        features = self.backbone(image)
        heat: list[Tensor] = []
        affinity: list[Tensor] = []
        for stage in self.spatial:
            seen = torch.cat([features, heat[-1], affinity[-1]], 1) if heat else features
            heat.append(stage["heat"](seen))  # type: ignore[index]
            affinity.append(stage["affinity"](seen))  # type: ignore[index]
        return Maps(features, tuple(heat), tuple(affinity))

    def compare(
        self, before: Float[Tensor, "batch state rows columns"], after: Float[Tensor, "batch state rows columns"]
    ) -> dict[Head, tuple[Tensor, ...]]:
        """The temporal part, of two frames' states (`Maps.state`): per head the flow (x, y per channel pair) of each stage."""
        both = torch.cat([before, after], 1)
        flow: list[Tensor] = []
        for stage in self.temporal:
            flow.append(stage(torch.cat([both, flow[-1]], 1) if flow else both))
        parts = zip(*(stage.split(list(self.flows.values()), 1) for stage in flow), strict=True)
        return dict(zip(self.flows, parts, strict=True))

    def forward(self, before: Tensor, after: Tensor) -> tuple[Maps, Maps, dict[Head, tuple[Tensor, ...]]]:
        """Both frames' maps and the flow from the earlier to the later one; the spatial part runs once, on both."""
        maps, count = self.look(torch.cat([before, after])), len(before)
        first, second = (_part(maps, half) for half in (slice(count), slice(count, None)))
        return first, second, self.compare(first.state, second.state)


def build_network(limbs: Limbs, options: TmlOptions, seed: int) -> TmlNetwork:
    """A network with weights drawn from the seed."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(derive_seed(seed, "network", options.system))
        return TmlNetwork(limbs, options)


def reach_px(options: TmlOptions) -> int:
    """How far a movement may go that the temporal part can still match by its own layers, px; the spatial part sees more."""
    return options.stride * 3 * sum(_dilation(options, n) for n in range(options.flow_stages))


def _dilation(options: TmlOptions, stage: int) -> int:
    """Of a temporal stage; the last one given holds for the stages behind it."""
    return options.dilation[min(stage, len(options.dilation) - 1)] if options.dilation else 1


def _part(maps: Maps, half: slice) -> Maps:
    return Maps(maps.features[half], tuple(m[half] for m in maps.heat), tuple(m[half] for m in maps.affinity))


class PoseTrunk(SimpleBaseline):
    """A pose network without its head: its maps' features, beside them what its stem sees of looks, at stride 4."""

    def __init__(self, widths: Sequence[int], stem: int, deconv: Sequence[int]) -> None:
        super().__init__(SmallFeatures(widths, stem), widths[-1], 1, deconv)
        del self.head

    def forward(self, image: Float[Tensor, "batch 3 height width"]) -> Tensor:  # type: ignore[override]
        """(B, deconv + widths[0], H / 4, W / 4)."""
        near = self.backbone.stem(image)  # type: ignore[operator]
        return torch.cat([self.deconvolutions(self.backbone.blocks(near)), near], 1)  # type: ignore[operator]


class DilatedConv2d(nn.Conv2d):
    """A dilated convolution whose gradient is right on CPUs too.

    oneDNN's bfloat16 gradient of its weights is NaN, or finite and wrong, where they or the input are channels-last (torch
    2.14.1; tests/training/tracking/test_network.py compares with float32).
    """

    def forward(self, input: Tensor) -> Tensor:
        """As its base class."""
        if input.is_cpu:
            return self._conv_forward(input.contiguous(), self.weight.contiguous(), self.bias)
        return super().forward(input)


def _vgg() -> nn.Sequential:
    """VGG-19 to conv4_2 and OpenPose's two layers: 128 channels at stride 8."""
    layers, channels = nn.Sequential(), 3
    for name, width in _VGG:
        if width:
            layers.add_module(name, nn.Conv2d(channels, width, 3, padding=1))
            layers.add_module(f"{name}_relu", nn.ReLU(inplace=True))
            channels = width
        else:
            layers.add_module(name, nn.MaxPool2d(2))
    return layers


def _narrow() -> nn.Sequential:
    """Five convolutions: 48 channels at stride 4."""
    layers: list[nn.Module] = [nn.Conv2d(3, 24, 3, 2, 1), nn.ReLU(inplace=True), *_layer(24, 24), nn.MaxPool2d(2)]
    return nn.Sequential(*layers, *_layer(24, 48), *_layer(48, 48), *_layer(48, 48))


_BACKBONES: dict[str, Callable[[], nn.Module]] = {
    "tml_vgg19": _vgg,
    "tml_narrow": _narrow,
    "tml_tiny": lambda: PoseTrunk((24, 48, 96, 160), 16, (64, 48, 48)),
    "tml_small": lambda: PoseTrunk((48, 96, 192, 320), 24, (128, 96, 96)),
}
_FEATURES = {"tml_vgg19": 128, "tml_narrow": 48, "tml_tiny": 48 + 24, "tml_small": 96 + 48}


def _layer(channels: int, width: int, kernel: int = 3, dilation: int = 1) -> tuple[nn.Module, nn.Module]:
    kind = nn.Conv2d if dilation == 1 else DilatedConv2d
    return kind(channels, width, kernel, padding=kernel // 2 * dilation, dilation=dilation), nn.ReLU(inplace=True)


def _stage(
    channels: int, width: int, middle: int, out: int, kernel: int = 3, layers: int = 3, dilation: int = 1
) -> nn.Sequential:
    """Convolutions of one width, then two 1x1."""
    body = [_layer(n, width, kernel, dilation) for n in (channels, *[width] * (layers - 1))]
    return nn.Sequential(*(part for pair in body for part in pair), *_layer(width, middle, 1), nn.Conv2d(middle, out, 1))


def _initialise(network: nn.Module) -> None:
    """He-normal; the maps themselves start near nothing."""
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d) and layer.bias is not None:
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
            nn.init.zeros_(layer.bias)
    for stage in network.modules():
        if isinstance(stage, nn.Sequential) and isinstance(stage[-1], nn.Conv2d):
            nn.init.normal_(stage[-1].weight, std=0.01)
