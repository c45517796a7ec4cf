"""Bodies and tracks to walk on."""

from __future__ import annotations

import numpy as np
import pytest

from smpl_assets.body.protocol import BodyModel, load_body
from smpl_assets.body.settings import BodySettings
from smpl_assets.motion.gait import Gait
from smpl_assets.motion.rig import Bones, bones_of
from smpl_assets.motion.track import Track, forward

SHAPES = np.zeros((2, 12))
SHAPES[1] = np.random.default_rng(4).standard_normal(12)


@pytest.fixture(scope="session")
def anny() -> BodyModel:
    return load_body(BodySettings(name="anny"))


@pytest.fixture(scope="session")
def bones(anny: BodyModel) -> list[Bones]:
    """Of the mean body and of another."""
    return bones_of(anny, SHAPES)


def steady(gait: Gait, turning: float, seconds: float = 6.0) -> Track:
    """At the gait's speed, straight on or turning by so many rad/s."""
    times = np.arange(0, seconds, 1 / 60)
    heading = 0.4 + turning * times
    place = np.cumsum(forward(heading) * gait.speed / 60, axis=0)
    return Track(times, place, heading, np.full(len(times), gait.speed))
