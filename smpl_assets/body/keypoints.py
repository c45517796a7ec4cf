"""Annotated keypoints as weighted means of surface vertices, per body model.

How they were placed: each point has a target on the model's rest body (a joint's middle, an eye, the crown, ...); a dozen surface
vertices around it, spread over directions, get the non-negative weights with sum one whose mean is the target. For Anny the
result is `keypoints_anny.json`; `tools/place_keypoints.py` wrote it and says what each target is and which annotations it was
held against. For SMPL's family, whose meshes cannot be shipped, `keypoints_smpl.json` holds the rules by which the same is done
on the user's own file.

Kinematic joints are not used: annotators see the surface, and surface points move with shape and skinning. Skeletons differ
where the data sets do: `head_bottom` is the upper neck of MPII and PoseTrack or the slightly lower neck of LSP, LSP's head top
lies below the crown, MPII's `pelvis` and `thorax` are the middles of the hips and of the shoulders, the shared skeleton's `head`
is the nose.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from smpl_assets.body.kinematics import rotate
from smpl_assets.errors import InputError
from smpl_assets.skeletons import SKELETONS, Skeleton

# What a skeleton of the user's own calls by another name than the surface point.
_OWN = {"head_bottom": "upper_neck"}
# Keypoint names that say where on the body they are; `head` may be its top or its middle.
PLACED = frozenset(k for s in SKELETONS.values() for k in s.keypoints) - {"head"} | {"neck", "upper_neck"}


def placed_part(skeleton: Skeleton) -> Skeleton:
    """A skeleton without the keypoints that have no surface point on a body; a known skeleton has one for each."""
    return skeleton if SKELETONS.get(skeleton.name) == skeleton else skeleton.part(PLACED)


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

    def point_names(self, skeleton: Skeleton) -> tuple[str, ...]:
        """The surface point behind each keypoint of a skeleton."""
        renamed = self.skeletons.get(skeleton.name, _OWN)
        return tuple(renamed.get(k, k) for k in skeleton.keypoints)

    def matrix(self, skeleton: Skeleton) -> tuple[Int64[Tensor, " used"], Float[Tensor, "keypoints used"]]:
        """The vertices that a skeleton needs and the dense weights over them."""
        rows = [self.points[n] for n in self.point_names(skeleton)]
        used = sorted({v for numbers, _ in rows for v in numbers})
        weights = torch.zeros(len(rows), len(used))
        for row, (numbers, values) in enumerate(rows):
            for number, value in zip(numbers, values, strict=True):
                weights[row, used.index(number)] += value
        return torch.tensor(used), weights

    def renumber(self, used: Int64[Tensor, " used"]) -> KeypointTable:
        """The same points on a surface of which only the vertices `used` (sorted) are kept."""
        where = {int(v): i for i, v in enumerate(used.tolist())}
        kept = {n: (tuple(where[v] for v in p[0]), p[1]) for n, p in self.points.items() if all(v in where for v in p[0])}
        return KeypointTable(self.body, len(used), kept, self.skeletons)

    def regress(self, skeleton: Skeleton, vertices: Float[Tensor, "batch vertices 3"]) -> Float[Tensor, "batch keypoints 3"]:
        """Keypoints of posed vertices."""
        key = (skeleton, str(vertices.device))
        if key not in self._matrices:
            used, weights = self.matrix(skeleton)
            self._matrices[key] = (used.to(vertices.device), weights.to(vertices.device))
        used, weights = self._matrices[key]
        return weights @ vertices[:, used]


@dataclass(frozen=True)
class SparseKeypoints:
    """Several skeletons' keypoints straight from bone transforms, without skinning a vertex.

    A keypoint is sum_v w_v sum_b W_vb (M_b x_v + t_b) = sum_b (M_b m_b + a_b t_b) with a_b = sum_v w_v W_vb and the moment
    m_b = sum_v w_v W_vb x_v, which is linear in the shape coefficients like the vertices. Few bones touch a keypoint, so P pairs
    (point, bone) are kept.

    bones: (P,) bone of each pair; shares: (P, 1) its a; moments: (1, P * 3) and moments_basis: (C, P * 3).
    gather: (N, P) sums the pairs of a point; rows: name of a skeleton -> rows of gather.
    """

    bones: Int64[Tensor, " pairs"]
    shares: Float[Tensor, "pairs 1"]
    moments: Float[Tensor, "1 moments"]
    moments_basis: Float[Tensor, "coefficients moments"]
    gather: Float[Tensor, "points pairs"]
    rows: dict[str, Int64[Tensor, " keypoints"]]

    @staticmethod
    def build(
        table: KeypointTable,
        skeletons: tuple[Skeleton, ...],
        template: Float[Tensor, "vertices 3"],
        basis: Float[Tensor, "coefficients vertices 3"],
        weights: Float[Tensor, "vertices bones"],
    ) -> SparseKeypoints:
        """For the given skeletons on a body's rest vertices, shape basis and skinning weights."""
        names = sorted({n for s in skeletons for n in table.point_names(s)})
        bones, shares, moments, moments_basis, owner = [], [], [], [], []
        for row, name in enumerate(names):
            numbers, values = table.points[name]
            spread = torch.tensor(values, device=weights.device)[:, None] * weights[list(numbers)]
            for bone in torch.nonzero(spread.sum(0) > 1e-6)[:, 0].tolist():
                column = spread[:, bone]
                bones.append(bone)
                owner.append(row)
                shares.append(column.sum())
                moments.append(column @ template[list(numbers)])
                moments_basis.append(torch.einsum("v,cvk->ck", column, basis[:, list(numbers)]))
        gather = torch.zeros(len(names), len(bones), device=weights.device)
        gather[owner, list(range(len(bones)))] = 1.0
        index = {s.name: torch.tensor([names.index(n) for n in table.point_names(s)], device=weights.device) for s in skeletons}
        return SparseKeypoints(
            torch.tensor(bones, device=weights.device), torch.stack(shares)[:, None], torch.cat(moments)[None],
            torch.cat(moments_basis, dim=1), gather, index,
        )  # fmt: skip

    def regress(
        self, coefficients: Float[Tensor, "batch coefficients"], bones: Float[Tensor, "batch bones 3 4"]
    ) -> dict[str, Float[Tensor, "batch keypoints 3"]]:
        """Keypoints per skeleton from shape coefficients and bone transforms."""
        moments = torch.addmm(self.moments, coefficients, self.moments_basis).unflatten(1, (-1, 3))
        moved = bones.index_select(1, self.bones)
        points = self.gather @ (rotate(moved[..., :3], moments) + self.shares * moved[..., 3])
        return {name: points.index_select(1, rows) for name, rows in self.rows.items()}


def keypoint_file(body: str) -> Path:
    """Where a body model's points are kept."""
    return Path(__file__).with_name(f"keypoints_{body}.json")


def keypoint_digest(body: str) -> str:
    """Identifies where the points were placed."""
    return hashlib.sha256(keypoint_file(body).read_bytes()).hexdigest()[:10]


def load_keypoints(body: str) -> KeypointTable:
    """The points of a body whose file names vertices (`anny`); InputError if there is none."""
    path = keypoint_file(body)
    if not path.exists():
        raise InputError(f"no keypoints for body '{body}' ({path.name} is missing)", "place them: tools/place_keypoints.py")
    raw = json.loads(path.read_text())
    points = {n: (tuple(p["vertices"]), tuple(p["weights"])) for n, p in raw["points"].items()}
    table = KeypointTable(raw["body"], raw["vertices"], points, raw["skeletons"])
    missing = [n for s in SKELETONS.values() for n in table.point_names(s) if n not in points]
    if missing:
        raise InputError(f"{path.name}: no surface point for {', '.join(sorted(set(missing)))}")
    return table
