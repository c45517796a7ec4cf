import pytest
import torch

from smpl_assets.body.pose import BodyPose
from smpl_assets.inverse.pairs import SOURCES, PairSource, mirror_where, to_shared
from smpl_assets.inverse.rig import points, pose_rig
from smpl_assets.inverse.settings import NoiseSettings
from smpl_assets.rotations import exponential
from tests.smpl_assets.inverse.conftest import TINY

CLEAN = NoiseSettings(jitter_px=0.0, outlier_share=0.0, drop_share=0.0, swap_share=0.0, truncate_share=0.0)


@pytest.fixture(scope="module")
def source(rig):
    g = torch.Generator().manual_seed(0)
    pose = 0.3 * torch.randn(50, 23, 3, generator=g)
    orient = exponential(torch.randn(50, 3, generator=g))
    return PairSource(rig, pose, orient, TINY, 7)


def _with(source, noise):
    return PairSource(source.rig, source.pose, source.orient, TINY.model_copy(update={"noise": noise}), source.seed)


def test_the_same_number_is_the_same_batch(source):
    first, again, other = source.batch(3), source.batch(3), source.batch(4)
    torch.testing.assert_close(first.keypoints, again.keypoints, rtol=0, atol=0)
    assert not torch.equal(first.keypoints, other.keypoints)


@pytest.mark.parametrize("number", [0, 1])
def test_bodies_project_onto_their_keypoints(source, number):
    pairs = _with(source, CLEAN).batch(number)
    skeleton = SOURCES[number % 2]
    posed = pose_rig(source.rig, pairs.body)
    spots = to_shared(skeleton, points(source.rig.attachments[skeleton.name], posed, pairs.body.shape))
    image = pairs.focal[:, None, None] * spots[..., :2] / spots[..., 2:]
    away = (image - pairs.clean).norm(dim=-1)  # px; close up the camera's aim at the crop's middle is not exact
    assert away.median() < 0.1
    assert away.quantile(0.9) < 3.0
    torch.testing.assert_close(pairs.clean, pairs.keypoints)


def test_people_fill_their_crop(source):
    pairs = _with(source, CLEAN).batch(0)
    box = pairs.clean.amax(1) - pairs.clean.amin(1)
    torch.testing.assert_close(box.amax(1), torch.full((len(box),), 256 / 1.25), atol=0.1, rtol=0)


def test_noise_spoils_and_hides(source):
    pairs = _with(source, NoiseSettings(jitter_px=4.0, drop_share=0.2, swap_share=0.5, truncate_share=0.5)).batch(0)
    known = pairs.annotated > 0
    assert (known.sum(1) >= 6).all()
    assert 0.5 < known.float().mean() < 0.95
    assert (pairs.keypoints[~known] == 0).all()
    away = (pairs.keypoints - pairs.clean).norm(dim=-1)[known]
    assert 0.5 < away.median() < 5.0
    assert away.max() > 30.0  # swapped sides


def test_mirrored_twice_is_the_identity(source):
    everyone = torch.ones(len(source.pose), dtype=torch.bool)
    once = mirror_where(everyone, source.pose, source.orient)
    twice = mirror_where(everyone, *once)
    torch.testing.assert_close(twice[0], source.pose)
    torch.testing.assert_close(twice[1], source.orient)
    assert not torch.allclose(once[0], source.pose)


def test_a_mirrored_body_is_the_mirror_image(source):
    everyone = torch.ones(len(source.pose), dtype=torch.bool)
    pose, orient = mirror_where(everyone, source.pose, source.orient)
    shape, origin = torch.zeros(len(pose), source.rig.shape_size), torch.zeros(len(pose), 3)
    here, there = (
        pose_rig(source.rig, BodyPose(o, exponential(p), shape, origin)).joints
        for p, o in ((source.pose, source.orient), (pose, orient))
    )
    swapped = [0, 2, 1, 3, 5, 4, 6, 8, 7, 9, 11, 10, 12, 14, 13, 15, 17, 16, 19, 18, 21, 20, 23, 22]
    assert (there[:, swapped] * torch.tensor([-1.0, 1.0, 1.0]) - here).norm(dim=-1).max() < 0.02
