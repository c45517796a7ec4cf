"""Postures of repetitions: the fit's own, another hypothesis of it, or a pose of the pool near it, each moved about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import torch
from jaxtyping import Float

from smpl_assets.body.pose import BodyParameters, BodyPose
from smpl_assets.body.protocol import BodyModel
from smpl_assets.inverse.fits import Fits
from smpl_assets.poses.settings import PoolSettings
from smpl_assets.render.settings import RenderSettings
from smpl_assets.render.studio.jitter import SIZES, PostureJitter
from smpl_assets.render.studio.neighbours import PoolNeighbours, draw_neighbours
from smpl_assets.render.studio.variation import Posture
from smpl_assets.seeds import derive_seed, numpy_generator


@dataclass(frozen=True)
class Alternatives:
    """What repetitions take other postures from. hypotheses: of the shard's people, as `fit` leaves them. pool: of poses."""

    hypotheses: Fits | None = None
    pool: PoolSettings = field(default_factory=PoolSettings)


@dataclass(frozen=True)
class Start:
    """The posture that a repetition starts from, before the camera of its fit: of what kind it is, fx, fy, cx, cy px."""

    kind: Posture
    parameters: BodyParameters
    intrinsics: Float[np.ndarray, "4"]


@dataclass(frozen=True)
class Varied:
    """A repetition's body. moved: whether its posture is another one than it started from; pose: label of the pool's, else ''."""

    parameters: BodyParameters
    kind: Posture
    moved: bool
    pose: str


class Postures:
    """Everything of a run that repetitions take postures from; `body` is on the CPU."""

    def __init__(self, fits: Fits, settings: RenderSettings, body: BodyModel, alternatives: Alternatives, seed: int) -> None:
        self._fits, self._settings, self._body, self._seed = fits, settings, body, seed
        self._alternatives = alternatives

    def start(self, row: int, kind: Posture, seed: int) -> Start:
        """A fit's posture, or one of its other hypotheses where it has any; a neighbour starts from the fit's too."""
        fits, others = self._fits, self._alternatives.hypotheses
        rows = np.zeros(0, np.int64) if others is None else np.flatnonzero(others.person == fits.person[row])
        if others is None or kind != "hypothesis" or not len(rows):
            known: Posture = "neighbour" if kind == "neighbour" else "fit"
            return Start(known, fits.bodies.select(row), fits.intrinsics[row])
        chosen = int(numpy_generator(seed, "hypothesis").choice(rows))
        return Start("hypothesis", others.bodies.select(chosen), others.intrinsics[chosen])

    def varied(self, bodies: Sequence[BodyParameters], kinds: Sequence[Posture], seeds: Sequence[int]) -> list[Varied]:
        """The bodies moved about in their own postures, or towards the pool's."""
        still = torch.zeros(len(SIZES), 23, 3)
        towards, labels = [still] * len(bodies), [[""] * len(SIZES)] * len(bodies)
        for i, kind in enumerate(kinds):
            if kind == "neighbour":
                pose = BodyPose.from_axis_angle(BodyParameters.stacked([bodies[i]])).body_pose[0]
                towards[i], labels[i] = self._neighbours.towards(pose, len(SIZES), numpy_generator(seeds[i], "neighbour"))
        moved = self._jitter.moved(bodies, [derive_seed(seed, "posture") for seed in seeds], towards)
        return [
            Varied(body, "fit" if kind == "neighbour" and draw < 0 else kind, draw >= 0, label[draw] if draw >= 0 else "")
            for body, kind, draw, label in zip(moved.bodies, kinds, moved.draw, labels, strict=True)
        ]

    @cached_property
    def _jitter(self) -> PostureJitter:
        return PostureJitter(self._body, self._settings.pose_jitter_deg)

    @cached_property
    def _neighbours(self) -> PoolNeighbours:
        return draw_neighbours(self._alternatives.pool, self._seed)
