"""SMPL, SMPL-H and SMPL-X (Loper et al. 2015; smplx) from the user's model files."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from smplx.lbs import batch_rigid_transform
from torch import Tensor

from smpl_assets.body.keypoints import KeypointTable, keypoint_digest
from smpl_assets.body.kinematics import rotate
from smpl_assets.body.place_keypoints import moved, place_by_rules
from smpl_assets.body.pose import BodyPose
from smpl_assets.body.protocol import SMPL_JOINTS, BodyOutput, Topology
from smpl_assets.body.settings import BodySettings, KeypointShifts
from smpl_assets.body.smpl_files import LAYOUTS, SmplArrays, find_model, read_model, read_uv
from smpl_assets.skeletons import Skeleton


@dataclass(frozen=True)
class _Surface:
    """The arrays of some or all vertices: template (V, 3), shapes (S, V, 3), correctives (P, V * 3), weights (V, J)."""

    template: Tensor
    shapes: Tensor
    correctives: Tensor
    weights: Tensor

    def select(self, vertices: Tensor) -> _Surface:
        correctives = self.correctives.unflatten(1, (-1, 3))[:, vertices].flatten(1)
        return _Surface(self.template[vertices], self.shapes[:, vertices], correctives, self.weights[vertices])

    def to(self, device: str) -> _Surface:
        moved = (t.to(device) for t in (self.template, self.shapes, self.correctives, self.weights))
        return _Surface(*moved)


class SmplBody:
    """A body of SMPL's family behind the BodyModel protocol; hands of SMPL-H and SMPL-X are flat, faces neutral."""

    def __init__(self, settings: BodySettings, device: str = "cpu") -> None:
        self.name = settings.name
        self._layout = LAYOUTS[settings.name]
        arrays = read_model(settings.name, find_model(settings.name, settings.model))
        self.digest = f"{settings.name}-{arrays.digest}-{keypoint_digest('smpl')}"
        self.shape_size = arrays.shapedirs.shape[2]
        self.topology: Topology | None = None
        if settings.uv:
            self.topology = read_uv(Path(settings.uv).expanduser(), arrays)
        self.faces = arrays.faces
        self._parents = torch.from_numpy(arrays.parents)
        self._surface, self._rest, self._rest_shapes = _tensors(arrays)
        self.points = self._place(arrays, settings.keypoints)
        self._parts: dict[tuple[Skeleton, ...], tuple[_Surface, KeypointTable]] = {}
        self._move(device)

    def _move(self, device: str) -> None:
        self.device = device
        self._surface = self._surface.to(device)
        self._rest, self._rest_shapes = self._rest.to(device), self._rest_shapes.to(device)
        self._parts = {}

    def to(self, device: str) -> SmplBody:
        """The same body on another device."""
        other = copy.copy(self)
        other._move(device)
        return other

    def _place(self, arrays: SmplArrays, shifts: KeypointShifts) -> KeypointTable:
        weights = np.zeros((len(arrays.weights), len(SMPL_JOINTS)), np.float32)
        weights[:, : self._layout.body_joints] = arrays.weights[:, : self._layout.body_joints]
        joints = dict(zip(SMPL_JOINTS, self._joints24(self._rest).numpy(), strict=True))
        table = place_by_rules(self.name, arrays.v_template, weights, joints)
        return moved(table, arrays.v_template, weights, shifts)

    def _joints24(self, joints: Tensor) -> Tensor:
        """SMPL's 24 joints out of the model's own (..., J, 3): hands are the knuckles of the middle fingers."""
        hands = [k[0] for k in self._layout.knuckles]
        return torch.cat([joints[..., :22, :], joints[..., hands, :]], dim=-2)

    def __call__(self, pose: BodyPose) -> BodyOutput:
        """Pose the whole surface; see BodyModel."""
        bones, joints, local = self._bones(pose)
        return BodyOutput(_skin(self._surface, pose.shape, local, bones), self._joints24(joints))

    def joints(self, pose: BodyPose) -> Float[Tensor, "batch 24 3"]:
        """The 24 joints alone; see BodyModel."""
        return self._joints24(self._bones(pose)[1])

    def keypoints(self, skeleton: Skeleton, output: BodyOutput) -> Float[Tensor, "batch keypoints 3"]:
        """A skeleton's keypoints from a posed surface; see body.keypoints."""
        return self.points.regress(skeleton, output.vertices)

    def sparse_keypoints(
        self, skeletons: tuple[Skeleton, ...], pose: BodyPose
    ) -> tuple[dict[str, Float[Tensor, "batch keypoints 3"]], Float[Tensor, "batch 24 3"]]:
        """Keypoints of several skeletons and the joints, skinning only the vertices they need; see BodyModel."""
        if skeletons not in self._parts:
            used = torch.unique(torch.cat([self.points.matrix(s)[0] for s in skeletons]))
            self._parts[skeletons] = (self._surface.select(used.to(self.device)), self.points.renumber(used))
        surface, table = self._parts[skeletons]
        bones, joints, local = self._bones(pose)
        vertices = _skin(surface, pose.shape, local, bones)
        return {s.name: table.regress(s, vertices) for s in skeletons}, self._joints24(joints)

    def _bones(self, pose: BodyPose) -> tuple[Tensor, Tensor, Tensor]:
        """Bone transforms (B, J, 3, 4) rest -> camera frame, the model's joints (B, J, 3), local rotations (B, J - 1, 3, 3)."""
        rest = self._rest + torch.einsum("bs,sjk->bjk", pose.shape, self._rest_shapes)
        local = self._local(pose.body_pose)
        turns = torch.cat([pose.global_orient[:, None], local], dim=1)
        posed, relative = batch_rigid_transform(turns, rest, self._parents)
        move = (pose.transl - rest[:, 0])[:, None]
        bones = torch.cat([relative[:, :, :3, :3], relative[:, :, :3, 3:] + move[..., None]], dim=-1)
        return bones, posed + move, local

    def _local(self, body_pose: Tensor) -> Tensor:
        """The model's local rotations (B, J - 1, 3, 3): SMPL's hands turn the four fingers at their knuckles."""
        count = self._layout.joints - 1
        if count == body_pose.shape[1]:
            return body_pose
        local = torch.eye(3, device=body_pose.device, dtype=body_pose.dtype).repeat(len(body_pose), count, 1, 1)
        local[:, :21] = body_pose[:, :21]
        for hand, knuckles in zip((21, 22), self._layout.knuckles, strict=True):
            for joint in knuckles:
                local[:, joint - 1] = body_pose[:, hand]
        return local


def _tensors(arrays: SmplArrays) -> tuple[_Surface, Tensor, Tensor]:
    """The surface, the template's joints (J, 3) and their change with shape (S, J, 3)."""
    template, shapes = torch.from_numpy(arrays.v_template), torch.from_numpy(arrays.shapedirs).permute(2, 0, 1).contiguous()
    regressor = torch.from_numpy(arrays.joint_regressor)
    correctives = torch.from_numpy(arrays.posedirs).flatten(0, 1).T.contiguous()
    surface = _Surface(template, shapes, correctives, torch.from_numpy(arrays.weights))
    return surface, regressor @ template, torch.einsum("jv,svk->sjk", regressor, shapes)


def _skin(surface: _Surface, shape: Tensor, local: Tensor, bones: Tensor) -> Tensor:
    """Shape and pose blend shapes, then linear blend skinning: (B, V, 3)."""
    batch = len(shape)
    feature = (local - torch.eye(3, device=local.device, dtype=local.dtype)).flatten(1)
    rest = torch.addmm(surface.template.reshape(1, -1), shape, surface.shapes.flatten(1)) + feature @ surface.correctives
    blended = (surface.weights @ bones.flatten(2)).unflatten(2, (3, 4))
    return rotate(blended[..., :3], rest.reshape(batch, -1, 3)) + blended[..., 3]
