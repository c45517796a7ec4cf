"""The people of the demo set: poses from the pool, bodies, looks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
from scipy.spatial.transform import Rotation

from smpl_assets.body.anny_body import AnnyBody
from smpl_assets.body.protocol import BodyModel
from smpl_assets.poses.pool import PosePool
from smpl_assets.poses.settings import PoolSettings
from smpl_assets.render.people import BodyParameters, PosedBody, Poser
from smpl_assets.scene import MeshLayer
from smpl_assets.seeds import derive_seed, numpy_generator
from smpl_assets.skeletons import get_skeleton
from smpl_assets.textures.look import Look, layers_of, make_look
from training.datasets.demo.plan import unusual_people

SKELETON = "coco17"
_USUAL = PoolSettings(usual_share=1.0, sphere_share=0.0, variation=0.8)
_UNUSUAL = PoolSettings(usual_share=0.0, sphere_share=0.35)
_SHAPE_SPREAD = 0.8
_GENDER_SLOPE = 2.0


@dataclass(frozen=True)
class CastMember:
    """One person: body parameters with the pelvis at the origin, the pose's label, whether it is an unusual one."""

    parameters: BodyParameters
    posture: str
    unusual: bool
    look_seed: int


class Cast:
    """All people of a split, posed and dressed in batches on demand."""

    def __init__(self, people: int, seed: int) -> None:
        unusual = unusual_people(people, seed)
        self.members = [
            CastMember(p, label, bool(u), derive_seed(seed, "look", i))
            for i, (p, label, u) in enumerate(zip(*_draw(people, unusual, seed), unusual, strict=True))
        ]
        self.body = cast(BodyModel, AnnyBody(helpers=True))
        self._poser = Poser(self.body, get_skeleton(SKELETON))

    def pose(self, who: Sequence[int]) -> list[PosedBody]:
        """Posed bodies, helper meshes included, the pelvis at the origin of the camera frame."""
        return self._poser.pose([self.members[i].parameters for i in who]) if who else []

    def look(self, person: int) -> Look:
        """What a person wears, in keeping with its body."""
        member = self.members[person]
        return make_look(member.look_seed, float(1 / (1 + np.exp(-_GENDER_SLOPE * member.parameters.shape[0]))))

    def layers(self, posed: PosedBody, look: Look) -> list[MeshLayer]:
        """The meshes of a posed, dressed person."""
        return layers_of(self.body, posed.vertices, look)


def _draw(people: int, unusual: np.ndarray, seed: int) -> tuple[list[BodyParameters], list[str]]:
    shapes = np.clip(numpy_generator(seed, "shapes").standard_normal((people, AnnyBody.shape_size)) * _SHAPE_SPREAD, -2.2, 2.2)
    parameters: list[BodyParameters | None] = [None] * people
    labels = [""] * people
    for settings, rows, name in ((_USUAL, np.flatnonzero(~unusual), "usual"), (_UNUSUAL, np.flatnonzero(unusual), "unusual")):
        if not len(rows):
            continue
        sample = PosePool(settings).sample(len(rows), derive_seed(seed, "poses", name))
        orient = Rotation.from_matrix(sample.global_orient.double().numpy()).as_rotvec()
        pose = Rotation.from_matrix(sample.body_pose.double().numpy().reshape(-1, 3, 3)).as_rotvec().reshape(-1, 23, 3)
        for k, row in enumerate(rows):
            parameters[row] = BodyParameters(orient[k], pose[k], shapes[row], np.zeros(3))
            labels[row] = sample.label[k]
    return [p for p in parameters if p is not None], labels
