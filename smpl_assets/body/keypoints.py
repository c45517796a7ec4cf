"""Annotated keypoints as weighted means of surface vertices, per body model, read from `keypoints_<body>.json`.

How they were placed: each point has a target on the model's rest body (a joint centre, an eye, the crown, ...); a dozen surface
vertices around it, spread over directions, get the non-negative weights with sum one whose mean is the target
(body.place_keypoints computes the files and names each target). Kinematic joints are not used: annotators see the surface, and
surface points move with shape and skinning. Skeletons differ
where the data sets do: MPII's and PoseTrack's `head_bottom` is the upper neck, LSP's the base of the neck, `thorax` the top of
the breastbone.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from smpl_assets.errors import InputError
from smpl_assets.skeletons import SKELETONS, get_skeleton


@dataclass(frozen=True)
class KeypointTable:
    """Surface points of one body model.

    points: name -> (vertex numbers, weights with sum 1); skeletons: skeleton -> {keypoint: point} where the names differ.
    """

    body: str
    vertices: int
    points: dict[str, tuple[tuple[int, ...], tuple[float, ...]]]
    skeletons: dict[str, dict[str, str]]
    _matrices: dict[Any, tuple[Tensor, Tensor]] = field(default_factory=dict, compare=False)

    def point_names(self, skeleton: str) -> tuple[str, ...]:
        """The surface point behind each keypoint of a skeleton."""
        renamed = self.skeletons.get(skeleton, {})
        return tuple(renamed.get(k, k) for k in get_skeleton(skeleton).keypoints)

    def matrix(self, skeleton: str) -> tuple[Int64[Tensor, " used"], Float[Tensor, "keypoints used"]]:
        """The vertices that a skeleton needs and the dense weights over them."""
        rows = [self.points[n] for n in self.point_names(skeleton)]
        used = sorted({v for numbers, _ in rows for v in numbers})
        weights = torch.zeros(len(rows), len(used))
        for row, (numbers, values) in enumerate(rows):
            for number, value in zip(numbers, values, strict=True):
                weights[row, used.index(number)] += value
        return torch.tensor(used), weights

    def regress(self, skeleton: str, vertices: Float[Tensor, "batch vertices 3"]) -> Float[Tensor, "batch keypoints 3"]:
        """Keypoints of posed vertices."""
        key = (skeleton, str(vertices.device))
        if key not in self._matrices:
            used, weights = self.matrix(skeleton)
            self._matrices[key] = (used.to(vertices.device), weights.to(vertices.device))
        used, weights = self._matrices[key]
        return weights @ vertices[:, used]


@dataclass
class SparseKeypoints:
    """The few vertices behind several skeletons' keypoints, and the weights over them."""

    vertices: Int64[Tensor, " used"]
    weights: dict[str, Float[Tensor, "keypoints used"]]
    _cached: Any = None

    @staticmethod
    def build(table: KeypointTable, skeletons: tuple[str, ...], device: str) -> SparseKeypoints:
        """For the given skeletons."""
        parts = {s: table.matrix(s) for s in skeletons}
        used = torch.unique(torch.cat([numbers for numbers, _ in parts.values()]))
        weights = {}
        for name, (numbers, values) in parts.items():
            dense = torch.zeros(len(values), len(used))
            dense[:, torch.searchsorted(used, numbers)] = values
            weights[name] = dense.to(device)
        return SparseKeypoints(used.to(device), weights)

    def cache(self, make: Callable[[], Any]) -> Any:
        """What `make` gives, made once."""
        if self._cached is None:
            self._cached = make()
        return self._cached

    def regress(self, vertices: Float[Tensor, "batch used 3"]) -> dict[str, Float[Tensor, "batch keypoints 3"]]:
        """Keypoints per skeleton from the posed sparse vertices."""
        return {name: weights @ vertices for name, weights in self.weights.items()}


def keypoint_file(body: str) -> Path:
    """Where a body model's points are kept."""
    return Path(__file__).with_name(f"keypoints_{body}.json")


def load_keypoints(body: str) -> KeypointTable:
    """The points of `anny`, `smpl`, ...; InputError if there is no file for that body."""
    path = keypoint_file(body)
    if not path.exists():
        raise InputError(
            f"no keypoints for body '{body}' ({path.name} is missing)", "place them: smpl_assets.body.place_keypoints"
        )
    raw = json.loads(path.read_text())
    points = {n: (tuple(p["vertices"]), tuple(p["weights"])) for n, p in raw["points"].items()}
    table = KeypointTable(raw["body"], raw["vertices"], points, raw["skeletons"])
    missing = [n for s in SKELETONS for n in table.point_names(s) if n not in points]
    if missing:
        raise InputError(f"{path.name}: no surface point for {', '.join(sorted(set(missing)))}")
    return table
