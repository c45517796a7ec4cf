"""Other people of an image: everyday postures beside, before or behind the person it is about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from smpl_assets.body.pose import BodyParameters
from smpl_assets.poses.pool import PosePool
from smpl_assets.poses.settings import PoolSettings
from smpl_assets.render.studio.people import PosedBody
from smpl_assets.seeds import derive_seed, numpy_generator

POSTURES = 64


@dataclass(frozen=True)
class Bystanders:
    """A fixed lot of everyday postures of one body at the origin, drawn once per run."""

    postures: BodyParameters

    @classmethod
    def drawn(cls, seed: int) -> Bystanders:
        """POSTURES usual poses of the built-in generator."""
        sample = PosePool(PoolSettings()).sample(POSTURES, derive_seed(seed, "bystanders"), usual_share=1.0)
        return cls(sample.pose(torch.zeros(POSTURES, 0)).to_axis_angle())

    def parameters(self, count: int, shape_size: int, seed: int) -> list[BodyParameters]:
        """`count` bodies of random shape with the pelvis at the origin."""
        rng = numpy_generator(seed, "bystanders")
        rows = rng.integers(POSTURES, size=count)
        shapes = 0.8 * rng.standard_normal((count, shape_size))
        return [replace(self.postures.select(int(r)), shape=s) for r, s in zip(rows, shapes, strict=True)]


def beside(subject: PosedBody, others: Sequence[PosedBody], seed: int) -> list[PosedBody]:
    """Move other bodies next to the subject: to a side, mostly somewhat farther away, their lowest points level with its own."""
    if not others:
        return []
    rng = numpy_generator(seed, "beside")
    low, high = subject.vertices.min(axis=0), subject.vertices.max(axis=0)
    middle, width = (low + high) / 2, float(high[0] - low[0])
    placed = []
    for number, body in enumerate(others):
        side = 1 if (number + int(rng.integers(2))) % 2 else -1
        step = np.array([
            middle[0] + side * rng.uniform(0.35, 0.75) * (width + 0.5),
            high[1] - float(body.vertices[:, 1].max()),
            middle[2] + rng.uniform(-0.35, 1.6),
        ])  # fmt: skip
        step[2] = max(step[2], 0.6 - float(body.vertices[:, 2].min()))
        moved = step.astype(np.float32)
        placed.append(replace(body, vertices=body.vertices + moved, keypoints=body.keypoints + moved, joints=body.joints + moved))
    return placed
