"""A Siamese graph network that tells whether two poses are one person's some frames apart (after LightTrack)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from smpl_assets.errors import InputError
from smpl_assets.skeletons import Skeleton
from training.tracking.baselines.boxes import boxes
from training.tracking.network_file import GRAPH, found_file, load_weights, read_card
from training.tracking.people import People
from training.tracking.skeleton_limbs import limbs_of

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
    network, file = PoseGraph(skeleton), found_file(folder)
    if tuple(read_card(file, GRAPH).get("keypoints", ())) != skeleton.keypoints:
        raise InputError(f"{file}: compares other joints than those of {skeleton.name}", "train it on the people to be tracked")
    load_weights(network, file)
    network.to(device).eval()

    @torch.inference_mode()
    def embed(people: People) -> Float[np.ndarray, "people features"]:
        return network(torch.from_numpy(in_box(people)).float().to(device)).double().cpu().numpy()

    return embed
