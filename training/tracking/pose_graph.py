"""A Siamese graph network that tells whether two poses are one person's some frames apart (after LightTrack)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from safetensors.torch import load_file
from torch import Tensor, nn

from smpl_assets.errors import InputError
from smpl_assets.skeletons import Skeleton
from training.tracking.baselines.boxes import boxes
from training.tracking.people import People
from training.tracking.skeleton_limbs import limbs_of
from training.tracking.small_fit import FILE

WIDTH, FEATURES = 64, 128


class PoseGraph(nn.Module):
    """Two graph convolutions over the skeleton and a mean over joints."""

    def __init__(self, skeleton: Skeleton) -> None:
        super().__init__()
        links = torch.eye(len(skeleton))
        for a, b in limbs_of(skeleton).pairs:
            links[a, b] = links[b, a] = 1.0
        degree = links.sum(1).rsqrt()
        self.register_buffer("links", degree[:, None] * links * degree, persistent=False)
        self.first, self.second = nn.Linear(3, WIDTH), nn.Linear(WIDTH, FEATURES)
        self.joints = nn.Linear(len(skeleton) * FEATURES, FEATURES)

    def forward(self, poses: Float[Tensor, "people joints 3"]) -> Float[Tensor, "people features"]:
        """Features of poses in their boxes (x, y, whether the joint is there)."""
        links = self.get_buffer("links")
        hidden = torch.relu(links @ self.first(poses))
        return self.joints(torch.relu(links @ self.second(hidden)).flatten(1))


def in_box(people: People) -> Float[np.ndarray, "people joints 3"]:
    """Joints from the middle of their box in its longer sides, 0 where one is not there; and whether it is there."""
    around = boxes(people, 1.0)
    middle, side = (around[:, :2] + around[:, 2:]) / 2, (around[:, 2:] - around[:, :2]).max(1)
    there = people.present & np.isfinite(side)[:, None]
    places = (people.keypoints - middle[:, None]) / np.maximum(np.nan_to_num(side, nan=1.0), 1.0)[:, None, None]
    return np.concatenate([np.where(there[..., None], places, 0.0), there[..., None]], axis=2)


def load_graph(folder: Path, skeleton: Skeleton, device: str) -> Callable[[People], Float[np.ndarray, "people features"]]:
    """The trained network of a folder as a function of people; InputError where it is none, or of another skeleton."""
    network = PoseGraph(skeleton)
    try:
        network.load_state_dict(load_file(folder / FILE))
    except Exception as error:
        raise InputError(f"{folder / FILE}: no pose network of {skeleton.name} ({error})", "run track_train again") from error
    network.to(device).eval()

    @torch.inference_mode()
    def embed(people: People) -> Float[np.ndarray, "people features"]:
        return network(torch.from_numpy(in_box(people)).float().to(device)).double().cpu().numpy()

    return embed
