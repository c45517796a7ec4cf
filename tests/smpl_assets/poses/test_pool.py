import numpy as np
import pytest
import torch

from smpl_assets.body.capsules import stick_penetration
from smpl_assets.body.kinematics import ADULT_OFFSETS, stick_joints
from smpl_assets.errors import InputError
from smpl_assets.poses.generator import PENETRATION_LIMIT_M, generate
from smpl_assets.poses.limits import excess
from smpl_assets.poses.pool import PosePool
from smpl_assets.poses.pose_sheet import pose_sheet
from smpl_assets.poses.settings import PoolSettings, PoseFiles


@pytest.fixture(scope="module")
def sample():
    return PosePool(PoolSettings()).sample(2000, 1)


def test_poses_are_within_limits_and_apart(sample):
    assert torch.rad2deg(excess(sample.body_pose)).max() < 0.1
    assert (
        stick_penetration(stick_joints(sample.body_pose, offsets=ADULT_OFFSETS)) <= PENETRATION_LIMIT_M
    ).float().mean() > 0.998


def test_the_same_seed_gives_the_same_poses(sample):
    again = PosePool(PoolSettings()).sample(2000, 1)
    assert torch.equal(again.body_pose, sample.body_pose)
    assert torch.equal(again.global_orient, sample.global_orient)
    assert again.label == sample.label
    assert not torch.equal(PosePool(PoolSettings()).sample(2000, 2).body_pose, sample.body_pose)


def test_rotations_are_rotations(sample):
    for turns in (sample.body_pose, sample.global_orient):
        assert torch.allclose(turns @ turns.transpose(-1, -2), torch.eye(3).expand_as(turns), atol=1e-4)
        assert (torch.linalg.det(turns) > 0).all()


@pytest.mark.parametrize("share", [0.0, 0.9, 1.0])
def test_usual_and_extreme_can_be_asked_for(share):
    drawn = PosePool(PoolSettings()).sample(1000, 3, usual_share=share)
    assert abs(drawn.source.count("usual") / 1000 - share) < 0.04
    assert set(drawn.source) <= {"usual", "extreme"}


def test_extreme_poses_are_far_from_usual_ones():
    pool = PosePool(PoolSettings())
    usual, extreme = (stick_joints(pool.sample(300, 4, usual_share=s).body_pose).flatten(1) for s in (1.0, 0.0))
    among, across = torch.cdist(usual, usual).topk(2, largest=False).values[:, 1], torch.cdist(extreme, usual).amin(1)
    assert across.median() > 1.2 * among.median()


def test_usual_views_are_upright_and_the_sphere_is_covered():
    upright = PosePool(PoolSettings(sphere_share=0.0)).sample(500, 5, usual_share=1.0)
    up = upright.global_orient[:, :, 1]
    assert (up[:, 1] < -0.5).float().mean() > 0.95  # the body's up is the image's up: -y
    anyhow = PosePool(PoolSettings(sphere_share=1.0)).sample(4000, 5)
    assert anyhow.global_orient.mean(0).abs().max() < 0.05


def test_without_variation_there_are_only_key_postures():
    drawn = generate("usual", 200, 0, variation=0.0)
    assert len(torch.unique(drawn.body_pose[:, 3].flatten(1).round(decimals=3), dim=0)) < 80


def test_nothing_asked_nothing_given():
    assert len(PosePool(PoolSettings()).sample(0, 1)) == 0


def test_a_pool_needs_a_source():
    with pytest.raises(InputError, match="weight"):
        PosePool(PoolSettings(generator_weight=0.0))


def test_files_are_mixed_in_by_weight(tmp_path):
    np.savez(tmp_path / "clip.npz", body_pose=np.random.default_rng(0).normal(size=(50, 69)) * 0.2)
    files = PoseFiles(format="smpl", path=str(tmp_path), weight=3.0)
    drawn = PosePool(PoolSettings(files=(files,))).sample(800, 1)
    assert 0.7 < drawn.source.count("smpl") / 800 < 0.8
    assert drawn.label[drawn.source.index("smpl")] == "clip"
    assert torch.rad2deg(excess(drawn.body_pose)).max() < 0.1


def test_a_bad_file_is_left_out_and_a_folder_of_them_is_an_error(tmp_path):
    np.savez(tmp_path / "good.npz", body_pose=np.zeros((5, 69)))
    np.savez(tmp_path / "nan.npz", body_pose=np.full((5, 69), np.nan))
    (tmp_path / "text.npz").write_text("no array")
    pool = PosePool(PoolSettings(files=(PoseFiles(format="smpl", path=str(tmp_path)),)))
    assert len(pool.left_out) == 2
    assert any("nan.npz" in line and "NaN" in line for line in pool.left_out)
    (tmp_path / "good.npz").unlink()
    with pytest.raises(InputError, match="nothing usable"):
        PosePool(PoolSettings(files=(PoseFiles(format="smpl", path=str(tmp_path)),)))
    with pytest.raises(InputError, match="does not exist"):
        PosePool(PoolSettings(files=(PoseFiles(format="bvh", path=str(tmp_path / "nowhere")),)))


def test_crossed_forearms_are_found():
    from smpl_assets.poses.postures import body_pose_from_angles, parse_posture

    arms = body_pose_from_angles(torch.stack([parse_posture("shoulder 90 90 90; elbow 40 0"), parse_posture("shoulder 90 0 0")]))
    depth = stick_penetration(stick_joints(arms, offsets=ADULT_OFFSETS))
    assert depth[0] > 0.05
    assert depth[1] == 0


def test_sheets_show_every_pose(sample):
    sheet = pose_sheet(sample.body_pose[:7], sample.global_orient[:7], sample.label[:7], columns=4, cell=60)
    assert sheet.shape == (120, 240, 3)
    cells = sheet.reshape(2, 60, 4, 60, 3).transpose(0, 2, 1, 3, 4).reshape(8, -1)
    assert ((cells < 250).sum(1) > 100).tolist() == [True] * 7 + [False]
