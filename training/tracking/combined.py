"""The combined top-down estimator and tracker (T 6): poses of crops, and limb flow between two crops, by one backbone."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torchvision.models.resnet import Bottleneck

from smpl_assets.seeds import derive_seed
from training.systems.backbones import ResNetFeatures, SmallFeatures
from training.tracking.combined_settings import CombinedOptions
from training.tracking.skeleton_limbs import Limbs

STRIDE, MULTIPLE = 4, 32


class CombinedNetwork(nn.Module):
    """Backbone at stride 32; D_S on one crop's features, D_T on both crops', three deconvolutions each: maps at stride 4."""

    def __init__(self, limbs: Limbs, options: CombinedOptions) -> None:
        super().__init__()
        joints, self.options = len(limbs.skeleton), options
        full = options.system == "combined_resnet50"
        self.backbone = ResNetFeatures(Bottleneck, (3, 4, 6, 3)) if full else SmallFeatures((24, 48, 96, 160), 16)
        poses, flow = ((256, 256, 256), (128, 128, 128)) if full else ((64, 48, 48), (64, 48, 48))
        self.pose = _deconvolutions(self.backbone.channels, poses, joints)
        self.flow = _deconvolutions(2 * self.backbone.channels, flow, 2 * len(limbs))

    def features(self, crop: Float[Tensor, "batch 3 height width"]) -> Float[Tensor, "batch channels rows columns"]:
        """Of normalised RGB crops, at stride 32."""
        found: Tensor = self.backbone(crop)
        return found

    def poses(self, features: Float[Tensor, "batch channels rows columns"]) -> Float[Tensor, "batch joints high wide"]:
        """D_S: heatmaps of each crop's person."""
        found: Tensor = self.pose(features)
        return found

    def flows(
        self, before: Float[Tensor, "batch channels rows columns"], after: Float[Tensor, "batch channels rows columns"]
    ) -> Float[Tensor, "batch flow high wide"]:
        """D_T: limb flow (x, y per limb) from the earlier crop to the later one, both cut by one region."""
        found: Tensor = self.flow(torch.cat([after, before], 1))
        return found


def build_combined(limbs: Limbs, options: CombinedOptions, seed: int) -> CombinedNetwork:
    """A network with weights drawn from the seed."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(derive_seed(seed, "network", options.system))
        return CombinedNetwork(limbs, options)


def _deconvolutions(channels: int, widths: tuple[int, ...], out: int) -> nn.Sequential:
    """Simple Baselines' head."""
    layers: list[nn.Module] = []
    for width in widths:
        layers += [
            nn.ConvTranspose2d(channels, width, 4, stride=2, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU(inplace=True),
        ]  # fmt: skip
        channels = width
    layers.append(nn.Conv2d(channels, out, 1))
    for layer in layers:
        if isinstance(layer, nn.ConvTranspose2d | nn.Conv2d):
            nn.init.normal_(layer.weight, std=0.001)
    nn.init.zeros_(layers[-1].bias)  # type: ignore[arg-type]
    return nn.Sequential(*layers)
