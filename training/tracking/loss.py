"""The loss of the tracker's network: every stage's maps against the targets, where somebody labelled."""

from __future__ import annotations

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from training.tracking.drawing import Drawing
from training.tracking.network import Maps
from training.tracking.network_settings import Head
from training.tracking.skeleton_limbs import Limbs
from training.tracking.targets import Grid, accumulated, affinity, heatmaps, joint_flow, limb_flow
from training.tracking.train_settings import TmlTrainSettings

Flows = dict[Head, tuple[Tensor, ...]]


def flow_targets(
    before: Float[Tensor, "batch people joints 2"], after: Float[Tensor, "batch people joints 2"], limbs: Limbs, grid: Grid,
    drawing: Drawing, heads: tuple[Head, ...],
) -> dict[Head, Tensor]:  # fmt: skip
    """What the heads are to say."""
    found: dict[Head, Tensor] = {}
    if {"limbs", "accumulated"} & set(heads):
        found["limbs"] = limb_flow(before, after, limbs, grid, drawing.width, drawing.still)
        found["accumulated"] = accumulated(found["limbs"])
    if "joints" in heads:
        found["joints"] = joint_flow(before, after, grid, drawing.width, drawing.still)
    return {head: found[head] for head in heads}


def spatial_loss(
    maps: Maps, keypoints: Float[Tensor, "batch people joints 2"], counts: Bool[Tensor, "batch rows columns"], limbs: Limbs,
    grid: Grid, drawing: Drawing, settings: TmlTrainSettings,
) -> Tensor:  # fmt: skip
    """Of heatmaps and affinity fields, over all stages."""
    heat = heatmaps(keypoints, grid, drawing.sigma)
    field = affinity(keypoints, limbs, grid, drawing.width)
    total = torch.zeros((), device=heat.device)
    for target, stages, weight in ((heat, maps.heat, 0), (field, maps.affinity, 1)):
        total = total + sum(_squares(stage, target, counts, settings) for stage in stages) * _weight(settings, weight)
    return total


def temporal_loss(
    flows: Flows, targets: dict[Head, Tensor], counts: Bool[Tensor, "batch rows columns"], settings: TmlTrainSettings
) -> Tensor:
    """The mean over heads, over all stages."""
    parts = [_squares(stage, targets[head], counts, settings) for head, stages in flows.items() for stage in stages]
    return torch.stack(parts).sum() / len(flows) * _weight(settings, 2)


def _weight(settings: TmlTrainSettings, part: int) -> float:
    return settings.weights_of[part] if settings.loss == "mean" else 1.0


def _squares(output: Tensor, target: Tensor, counts: Tensor, settings: TmlTrainSettings) -> Tensor:
    error = ((output.float() - target).square() * counts.unsqueeze(1)).sum()
    if settings.loss == "sum":
        return error / (2 * len(output))
    return error / (counts.sum().clamp(min=1) * output.shape[1])
