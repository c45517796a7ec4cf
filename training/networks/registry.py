"""Pose networks by name."""

from __future__ import annotations

from collections.abc import Callable

import torch

from smpl_assets.errors import InputError
from smpl_assets.seeds import derive_seed
from training.networks.simple_baseline import BasicBlock, Bottleneck, ResNetFeatures, SimpleBaseline, SmallFeatures


def _resnet(block: type[BasicBlock] | type[Bottleneck], *layers: int) -> Callable[[int], SimpleBaseline]:
    def build(joints: int) -> SimpleBaseline:
        backbone = ResNetFeatures(block, layers)
        return SimpleBaseline(backbone, backbone.channels, joints)

    return build


def _small(stem: int, widths: tuple[int, ...], deconv: tuple[int, int, int]) -> Callable[[int], SimpleBaseline]:
    def build(joints: int) -> SimpleBaseline:
        backbone = SmallFeatures(widths, stem)
        return SimpleBaseline(backbone, backbone.channels, joints, deconv)

    return build


NETWORKS: dict[str, Callable[[int], SimpleBaseline]] = {
    "simple_tiny": _small(16, (24, 48, 96, 160), (64, 48, 48)),
    "simple_small": _small(24, (48, 96, 192, 320), (128, 96, 96)),
    "simple_resnet18": _resnet(BasicBlock, 2, 2, 2, 2),
    "simple_resnet34": _resnet(BasicBlock, 3, 4, 6, 3),
    "simple_resnet50": _resnet(Bottleneck, 3, 4, 6, 3),
    "simple_resnet101": _resnet(Bottleneck, 3, 4, 23, 3),
    "simple_resnet152": _resnet(Bottleneck, 3, 8, 36, 3),
}


def build_network(name: str, joints: int, seed: int) -> SimpleBaseline:
    """A network with weights drawn from the seed (the same for every training variant).

    Raises:
        InputError: an unknown name.
    """
    if name not in NETWORKS:
        raise InputError(f"train.network = '{name}' is not known", f"use one of {', '.join(NETWORKS)}")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(derive_seed(seed, "network", name))
        return NETWORKS[name](joints)
