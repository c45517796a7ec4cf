import subprocess
import sys

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from pipeline.sources import CODE_ROOT
from smpl_assets import rotations as r
from smpl_assets.body.protocol import SMPL_JOINTS
from smpl_assets.roma_alone import roma

seeds = st.integers(0, 10**6)


def _random(seed: int, n: int = 50) -> torch.Tensor:
    return r.uniform_rotations(n, torch.Generator().manual_seed(seed))


@settings(max_examples=20, deadline=None)
@given(seeds)
def test_round_trips(seed):
    turns = _random(seed)
    assert torch.allclose(r.matrix_from_six_d(turns[:, :2].flatten(1)), turns, atol=1e-5)
    assert torch.allclose(r.matrix_from_axis_angle(r.axis_angle_from_matrix(turns)), turns, atol=1e-4)


def test_axis_angle_is_scipys():
    vectors = np.random.default_rng(0).normal(size=(50, 3))
    assert np.allclose(
        r.matrix_from_axis_angle(torch.from_numpy(vectors)).numpy(), Rotation.from_rotvec(vectors).as_matrix(), atol=1e-6
    )


def test_any_six_numbers_make_a_rotation():
    turns = r.matrix_from_six_d(torch.randn(100, 6, generator=torch.Generator().manual_seed(0)))
    assert torch.allclose(turns @ turns.transpose(1, 2), torch.eye(3).expand(100, 3, 3), atol=1e-5)
    assert (torch.linalg.det(turns) > 0).all()


@settings(max_examples=10, deadline=None)
@given(seeds)
def test_flipping_twice_is_the_identity(seed):
    pose = _random(seed, 23 * 4).reshape(4, 23, 3, 3)
    assert torch.equal(r.flip_body_pose(r.flip_body_pose(pose)), pose)


def test_flip_negates_two_components_of_the_axis_angle():
    vector = torch.tensor([[0.1, 0.5, -0.3]])
    flipped = r.axis_angle_from_matrix(r.flip_rotation(r.matrix_from_axis_angle(vector)))
    assert torch.allclose(flipped, vector * torch.tensor([1.0, -1.0, -1.0]), atol=1e-6)


def test_flip_pairs_left_with_right():
    swap = {"left": "right", "right": "left"}
    for joint, other in zip(SMPL_JOINTS[1:], r.BODY_FLIP, strict=True):
        side, _, stem = joint.partition("_")
        assert SMPL_JOINTS[1 + other] == (f"{swap[side]}_{stem}" if stem else joint)


@pytest.mark.parametrize("opposite", [False, True])
def test_rotation_between_takes_one_to_the_other(opposite):
    a = torch.nn.functional.normalize(torch.randn(50, 3, generator=torch.Generator().manual_seed(1)), dim=1)
    b = -a if opposite else torch.nn.functional.normalize(torch.randn(50, 3, generator=torch.Generator().manual_seed(2)), dim=1)
    turns = r.rotation_between(a, b)
    assert torch.allclose((turns @ a[..., None])[..., 0], b, atol=1e-5)
    shortest = torch.acos((a * b).sum(1).clamp(-1, 1))
    assert torch.allclose(r.axis_angle_from_matrix(turns).norm(dim=-1), shortest, atol=2e-3)


def test_twist_is_what_was_put_in():
    axis = torch.nn.functional.normalize(torch.tensor([[1.0, 2.0, -0.5], [0.0, 1.0, 0.0]]), dim=1)
    angle = torch.tensor([[0.7, -2.5], [-3.0, 0.1]])
    swing_axis = torch.nn.functional.normalize(
        torch.linalg.cross(axis, torch.randn(2, 3, generator=torch.Generator().manual_seed(0))), dim=1
    )
    turns = r.axis_rotation(swing_axis, torch.full((2, 2), 1.1)) @ r.axis_rotation(axis, angle)
    assert torch.allclose(r.twist_angle(turns, axis), angle, atol=1e-4)


def test_uniform_rotations_are_uniform():
    turns = _random(0, 20000)
    assert turns.mean(0).abs().max() < 0.02
    assert torch.equal(turns, _random(0, 20000))


def test_rotations_do_not_bring_torchs_compiler() -> None:
    code = "import sys, smpl_assets.rotations; print('torch._dynamo' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=CODE_ROOT)
    assert done.stdout.strip() == "False"


def test_roma_can_be_compiled_all_the_same() -> None:
    def smooth(turns: torch.Tensor) -> torch.Tensor:
        return 2 * roma.special_procrustes(turns)

    turns = _random(0) + 0.01
    assert torch.equal(torch.compile(smooth, backend="eager")(turns), smooth(turns))
