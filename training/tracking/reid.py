"""Re-identification: a small network that tells people by their looks."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor, nn

from training.tracking.baselines.boxes import Boxes
from training.tracking.network_file import REID, found_file, load_weights, read_card

HEIGHT, WIDTH, FEATURES = 64, 32, 64


class ReidNetwork(nn.Module):
    """Four convolutions and a mean; unit features."""

    def __init__(self) -> None:
        super().__init__()
        widths = (3, 16, 32, 48, FEATURES)
        layers: list[nn.Module] = []
        for a, b in pairwise(widths):
            layers += [nn.Conv2d(a, b, 3, 2, 1, bias=False), nn.BatchNorm2d(b), nn.ReLU(True)]
        self.body, self.head = nn.Sequential(*layers), nn.Linear(FEATURES, FEATURES)

    def forward(self, images: Float[Tensor, "people 3 height width"]) -> Float[Tensor, "people features"]:
        """Features of crops in [0, 1]."""
        return nn.functional.normalize(self.head(self.body(images - 0.5).mean((2, 3))))


def crops(image: UInt8[np.ndarray, "height width 3"], around: Boxes) -> UInt8[np.ndarray, "people 64 32 3"]:
    """Boxes of a picture as small pictures; grey where a box leaves it, or is none."""
    found = np.full((len(around), HEIGHT, WIDTH, 3), 128, np.uint8)
    for row, (x0, y0, x1, y1) in enumerate(around):
        if np.isfinite([x0, y0, x1, y1]).all() and x1 > x0 and y1 > y0:
            scale = np.array([[WIDTH / (x1 - x0), 0, 0], [0, HEIGHT / (y1 - y0), 0]])
            scale[:, 2] = 0.5 * scale.diagonal() - scale.diagonal() * (x0, y0) - 0.5
            found[row] = cv2.warpAffine(image, scale, (WIDTH, HEIGHT), borderMode=cv2.BORDER_CONSTANT, borderValue=(128,) * 3)
    return found


def load_reid(folder: Path, device: str) -> Callable[[UInt8[np.ndarray, "people 64 32 3"]], Float[np.ndarray, "people features"]]:
    """The trained network of a folder as a function of crops; InputError where it is none."""
    network, file = ReidNetwork(), found_file(folder)
    read_card(file, REID)
    load_weights(network, file)
    network.to(device).eval()

    @torch.inference_mode()
    def embed(images: UInt8[np.ndarray, "people 64 32 3"]) -> Float[np.ndarray, "people features"]:
        return network(as_tensor(images, device)).double().cpu().numpy()

    return embed


def as_tensor(images: UInt8[np.ndarray, "people height width 3"], device: str) -> Float[Tensor, "people 3 height width"]:
    """Crops as the network takes them."""
    return torch.from_numpy(images).to(device).permute(0, 3, 1, 2).float() / 255
