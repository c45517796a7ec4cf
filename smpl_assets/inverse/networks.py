"""The inverse function f: 13 joints of a person crop -> several hypotheses of a posed body (T 4.2.2, fig 4.2)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

from smpl_assets.inverse.crop import CROP_PX
from smpl_assets.inverse.settings import InverseSettings
from smpl_assets.rotations import matrix_from_six_d

JOINTS = 13
ROTATIONS = 24
HEATMAP_SIGMA_PX = 4.0


@dataclass(frozen=True)
class Hypotheses:
    """H guesses per person.

    rotations: (B, H, 24, 3, 3), the root's into the camera frame, then SMPL_JOINTS[1:] relative to their parents. shape: (B,
    H, S).
    camera: (B, H, 3), the pelvis in the crop (x, y over half the crop) and the logarithm of what a metre at the pelvis spans
    (over half the crop).
    log_score: (B, H), logarithm of how likely each is, adding up to 1.
    """

    rotations: Float[Tensor, "batch hypotheses 24 3 3"]
    shape: Float[Tensor, "batch hypotheses shape"]
    camera: Float[Tensor, "batch hypotheses 3"]
    log_score: Float[Tensor, "batch hypotheses"]

    def transl(self, focal_px: Float[Tensor, " batch"]) -> Float[Tensor, "batch hypotheses 3"]:
        """The pelvis in the camera frame, m, for cameras of focal_px in a 256 px crop."""
        focal = (focal_px / (CROP_PX / 2))[:, None]
        depth = focal * (-self.camera[..., 2]).exp()
        return torch.cat([self.camera[..., :2] * (depth / focal)[..., None], depth[..., None]], -1)


class Head(nn.Module):
    """Turns features (B, F) into hypotheses; starts near the mean pose with the roots turned apart."""

    def __init__(self, features: int, hypotheses: int, shape_size: int) -> None:
        super().__init__()
        self.hypotheses, self.shape_size = hypotheses, shape_size
        self.linear = nn.Linear(features, hypotheses * (ROTATIONS * 6 + shape_size + 3 + 1))
        nn.init.normal_(self.linear.weight, std=0.3 / features**0.5)

    def forward(self, features: Float[Tensor, "batch features"]) -> Hypotheses:
        """The hypotheses of each row."""
        raw = self.linear(features).float().unflatten(1, (self.hypotheses, -1))
        six, shape, camera, score = raw.split([ROTATIONS * 6, self.shape_size, 3, 1], dim=-1)
        six = six.unflatten(-1, (ROTATIONS, 6)) + torch.tensor([1.0, 0.0, 0.0, 0.0, 1.0, 0.0], device=six.device)
        return Hypotheses(matrix_from_six_d(six), shape, camera, score[..., 0].log_softmax(-1))


class Block(nn.Module):
    """Pre-normalised residual block of two linear layers."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, width), nn.GELU(), nn.Linear(width, width))

    def forward(self, x: Float[Tensor, "batch width"]) -> Float[Tensor, "batch width"]:
        """X plus its correction."""
        return x + self.layers(x)


class KeypointNetwork(nn.Module):
    """Residual MLP on 13 x (x, y, annotated)."""

    def __init__(self, width: int, blocks: int, hypotheses: int, shape_size: int) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Linear(JOINTS * 3, width), *(Block(width) for _ in range(blocks)), nn.LayerNorm(width))
        self.head = Head(width, hypotheses, shape_size)

    def forward(self, keypoints: Float[Tensor, "batch 13 2"], annotated: Float[Tensor, "batch 13"]) -> Hypotheses:
        """keypoints: px of a 256 px crop from its centre; annotated: 0 or 1."""
        known = annotated[..., None]
        return self.head(self.body(torch.cat([keypoints / (CROP_PX / 2) * known, known], -1).flatten(1)))


class HeatmapNetwork(nn.Module):
    """PoseResNet-50 on 13 heatmaps of 256 x 256, as in the thesis: sub-pixel Gaussian centres, an empty map where not
    annotated.
    """

    def __init__(self, hypotheses: int, shape_size: int) -> None:
        super().__init__()
        from torchvision.models import resnet50

        self.resnet = resnet50(weights=None)
        self.resnet.conv1 = nn.Conv2d(JOINTS, 64, 7, stride=2, padding=3, bias=False)
        features = self.resnet.fc.in_features
        self.resnet.fc = nn.Identity()
        self.head = Head(features, hypotheses, shape_size)

    def forward(self, keypoints: Float[Tensor, "batch 13 2"], annotated: Float[Tensor, "batch 13"]) -> Hypotheses:
        """As KeypointNetwork.forward."""
        return self.head(self.resnet(draw_heatmaps(keypoints, annotated)))


def draw_heatmaps(
    keypoints: Float[Tensor, "batch 13 2"], annotated: Float[Tensor, "batch 13"]
) -> Float[Tensor, "batch 13 256 256"]:
    """Gaussians of peak 1 at crop px measured from the centre; pixel i is centred at i + 0.5 - 128."""
    axis = torch.arange(int(CROP_PX), device=keypoints.device) + 0.5 - CROP_PX / 2
    x, y = (-((axis - keypoints[..., i, None]) ** 2) / (2 * HEATMAP_SIGMA_PX**2) for i in (0, 1))
    return x.exp()[..., None, :] * y.exp()[..., :, None] * annotated[..., None, None]


def build_network(settings: InverseSettings, shape_size: int) -> nn.Module:
    """The network that the settings name."""
    if settings.network == "resnet50":
        return HeatmapNetwork(settings.hypotheses, shape_size)
    return KeypointNetwork(settings.width, settings.blocks, settings.hypotheses, shape_size)
