"""Two bones that reach a place."""

from __future__ import annotations

import numpy as np
import pytest

from smpl_assets.body.protocol import SMPL_JOINTS
from smpl_assets.motion.legs import reach
from smpl_assets.motion.rig import Bones


@pytest.mark.parametrize("side", ["left", "right"])
def test_the_ankle_comes_to_the_place_and_the_knee_bends_to_the_side_it_should(bones: list[Bones], side: str) -> None:
    rng = np.random.default_rng(3)
    for rig in bones:
        to = rng.standard_normal((200, 3)) * 0.35 + [0, -0.3, 0]
        far = np.linalg.norm(to, axis=1)
        to = to[(far > 0.35) & (far < 0.98 * rig.leg) & (np.abs(to[:, 0]) < 0.8 * far)]
        sideways = np.tile([1.0, 0.0, 0.0], (len(to), 1))
        hip, knee = reach(rig, side, to, sideways)
        thigh, shin = (rig.offsets[SMPL_JOINTS.index(f"{side}_{n}")] for n in ("knee", "ankle"))
        ankle = hip @ thigh + (hip @ knee @ shin[:, None])[..., 0]
        assert len(to) > 50
        assert np.abs(ankle - to).max() < 1e-9
        across = hip[:, :, 0]  # the axis that the knee bends about
        assert np.einsum("ni,ni->n", across, sideways).min() > 0


def test_what_is_out_of_reach_is_met_in_its_direction(bones: list[Bones]) -> None:
    rig, to = bones[0], np.array([[0.3, -2.0, 0.4]])
    hip, knee = reach(rig, "left", to, np.array([[1.0, 0.0, 0.0]]))
    thigh, shin = (rig.offsets[SMPL_JOINTS.index(f"left_{n}")] for n in ("knee", "ankle"))
    ankle = (hip @ thigh + (hip @ knee @ shin[:, None])[..., 0])[0]
    assert ankle / np.linalg.norm(ankle) == pytest.approx(to[0] / np.linalg.norm(to[0]))
    assert np.linalg.norm(ankle) == pytest.approx(rig.leg, rel=5e-3)
