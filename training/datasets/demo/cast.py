"""The people of the demo set: poses from the pool, bodies, looks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import cast

import numpy as np
import torch

from smpl_assets.body.anny_body import AnnyBody
from smpl_assets.body.pose import BodyParameters
from smpl_assets.body.protocol import BodyModel
from smpl_assets.poses.pool import PosePool, PoseSample
from smpl_assets.poses.settings import PoolSettings
from smpl_assets.render.studio.people import PosedBody, Poser
from smpl_assets.scene import MeshLayer
from smpl_assets.seeds import derive_seed, numpy_generator
from smpl_assets.skeletons import get_skeleton
from smpl_assets.textures.look import Look, kept_look, layers_of
from training.datasets.demo.plan import SKELETON, unusual_people

_USUAL = PoolSettings(usual_share=1.0, sphere_share=0.0, variation=0.8)
_UNUSUAL = PoolSettings(usual_share=0.0, sphere_share=0.35)
# How often photographs show an everyday movement, relative to the others; the pool draws all of them about equally often.
_EVERYDAY = {"standing": 4.0, "walking": 4.0, "sitting": 3.0, "running": 2.0, "standing wide": 1.5, "climbing stairs": 1.5}
_OVERSAMPLING = 4
_SHAPE_SPREAD = 0.8
_LOOKS_AT_ONCE = 8
_WEARERS = 3


@dataclass(frozen=True)
class CastMember:
    """One person: body parameters (pelvis at the origin), the pose's label, whether it is unusual, sex, the look's seed."""

    parameters: BodyParameters
    posture: str
    unusual: bool
    female: bool
    look_seed: int


class Cast:
    """All people of a split, posed and dressed on demand."""

    def __init__(self, order: Sequence[int], seed: int, unusual_share: float) -> None:
        """`order`: every person once, in the order in which they will be asked for; looks are kept for so long."""
        unusual = unusual_people(len(order), seed, unusual_share)
        parameters, postures = _draw(len(order), unusual, seed)
        female = np.array([p.shape[0] > 0 for p in parameters])
        looks = _look_seeds(order, female, seed)
        self.members = [
            CastMember(*row) for row in zip(parameters, postures, unusual.tolist(), female.tolist(), looks, strict=True)
        ]
        self.body = cast(BodyModel, AnnyBody(helpers=True))
        self._poser = Poser(self.body, get_skeleton(SKELETON))

    def pose(self, who: Sequence[int]) -> list[PosedBody]:
        """Posed bodies, helper meshes included, the pelvis at the origin of the camera frame."""
        return self._poser.pose([self.members[i].parameters for i in who]) if who else []

    def look(self, person: int) -> Look:
        """What a person wears, in keeping with its body."""
        member = self.members[person]
        return kept_look(member.look_seed, float(member.female))

    def layers(self, posed: PosedBody, look: Look) -> list[MeshLayer]:
        """The meshes of a posed, dressed person."""
        return layers_of(self.body, posed.vertices, look)


def _usual_poses(count: int, seed: int) -> tuple[PoseSample, np.ndarray]:
    """Everyday poses, and which (count,) of them to take: weighted, without replacement (Efraimidis and Spirakis 2006)."""
    sample = PosePool(_USUAL).sample(_OVERSAMPLING * count, derive_seed(seed, "poses", "usual"))
    weights = np.array([_EVERYDAY.get(label, 1.0) for label in sample.label])
    keys = numpy_generator(seed, "everyday").random(len(sample)) ** (1 / weights)
    return sample, np.sort(np.argsort(-keys, kind="stable")[:count])


def _unusual_poses(count: int, seed: int) -> tuple[PoseSample, np.ndarray]:
    """Extreme poses, some of them from any direction, and which (count,) of them to take: all."""
    return PosePool(_UNUSUAL).sample(count, derive_seed(seed, "poses", "unusual")), np.arange(count)


def _look_seeds(order: Sequence[int], female: np.ndarray, seed: int) -> list[int]:
    """A look for each person (P,); each is worn by three people of one sex, with seven others between them."""
    seeds = [0] * len(order)
    for sex in (False, True):
        for rank, person in enumerate(p for p in order if female[p] == sex):
            block = rank // (_LOOKS_AT_ONCE * _WEARERS)
            seeds[person] = derive_seed(seed, "look", int(sex), block, rank % _LOOKS_AT_ONCE)
    return seeds


def _draw(people: int, unusual: np.ndarray, seed: int) -> tuple[list[BodyParameters], list[str]]:
    shapes = np.clip(numpy_generator(seed, "shapes").standard_normal((people, AnnyBody.shape_size)) * _SHAPE_SPREAD, -2.2, 2.2)
    parameters: list[BodyParameters | None] = [None] * people
    labels = [""] * people
    for rows, poses in ((np.flatnonzero(~unusual), _usual_poses), (np.flatnonzero(unusual), _unusual_poses)):
        if not len(rows):
            continue
        sample, chosen = poses(len(rows), seed)
        bodies = sample.pose(torch.zeros(len(sample), 0, dtype=torch.float64)).to_axis_angle()
        for row, k in zip(rows, chosen, strict=True):
            parameters[row] = replace(bodies.select(int(k)), shape=shapes[row])
            labels[row] = sample.label[k]
    return [p for p in parameters if p is not None], labels
