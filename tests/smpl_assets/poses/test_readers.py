import json
from pathlib import Path

import numpy as np
import pytest
import torch

from smpl_assets.body.kinematics import stick_joints
from smpl_assets.body.protocol import SMPL_JOINTS
from smpl_assets.errors import InputError
from smpl_assets.poses import amass, bvh, deepmimic
from smpl_assets.poses.clips import read_clips
from smpl_assets.poses.retarget import ALIGNED_BONES
from smpl_assets.poses.settings import PoseFiles
from smpl_assets.rotations import axis_angle_from_matrix, rotation_about
from tests.smpl_assets.poses.clips import bvh_positions, deepmimic_positions, write_bvh, write_deepmimic

REAL = Path(__file__).parents[4] / "shared" / "data"
REAL_DEEPMIMIC = sorted(REAL.glob("mocap_deepmimic/humanoid3d_*.txt"))
REAL_BVH = sorted(REAL.glob("mocap_bvh_cmu/*.bvh"))


def _largest_angle(clip, positions: dict[str, np.ndarray]) -> float:
    joints = stick_joints(clip.body_pose, clip.root)
    worst = 0.0
    for start, end in ALIGNED_BONES.items():
        ours = joints[:, SMPL_JOINTS.index(end)] - joints[:, SMPL_JOINTS.index(start)]
        theirs = torch.from_numpy(positions[end] - positions[start]).float()
        cosine = torch.nn.functional.cosine_similarity(ours, theirs).clamp(-1, 1)
        worst = max(worst, float(torch.rad2deg(torch.acos(cosine)).max()))
    return worst


def test_deepmimic_bones_keep_their_directions(tmp_path):
    path = write_deepmimic(tmp_path / "random.txt", frames=40, seed=0)
    assert _largest_angle(deepmimic.read_clip(path), deepmimic_positions(deepmimic.read_frames(path))) < 0.2


def test_bvh_bones_keep_their_directions(tmp_path):
    path = write_bvh(tmp_path / "random.bvh", frames=40, seed=0)
    motion = bvh.read_bvh(path)
    assert _largest_angle(bvh.read_clip(path), bvh_positions(motion, bvh.joint_names(motion, path))) < 0.2


@pytest.mark.parametrize("path", REAL_DEEPMIMIC, ids=lambda p: p.stem)
def test_real_deepmimic_clips_keep_their_directions(path):
    assert _largest_angle(deepmimic.read_clip(path), deepmimic_positions(deepmimic.read_frames(path))) < 0.2


@pytest.mark.parametrize("path", REAL_BVH, ids=lambda p: p.stem)
def test_real_bvh_clips_keep_their_directions(path):
    motion = bvh.read_bvh(path)
    assert _largest_angle(bvh.read_clip(path), bvh_positions(motion, bvh.joint_names(motion, path))) < 0.2


def test_elbows_and_knees_become_hinges(tmp_path):
    """Bent by more than 30 degrees, a retargeted elbow turns about SMPL's hinge only (and about the forearm itself)."""
    path = write_deepmimic(tmp_path / "random.txt", frames=40, seed=1)
    pose = axis_angle_from_matrix(deepmimic.read_clip(path).body_pose)
    knee = pose[:, SMPL_JOINTS.index("left_knee") - 1]
    bent = knee[:, 0] > 0.8
    assert bent.any()
    assert (knee[bent, 1:].norm(dim=1) < 0.35).all()


def test_a_hanging_rest_posture_is_standing(tmp_path):
    path = write_deepmimic(tmp_path / "still.txt", frames=2, seed=None)
    clip = deepmimic.read_clip(path)
    joints = stick_joints(clip.body_pose, clip.root)[0]
    wrist, shoulder = joints[SMPL_JOINTS.index("left_wrist")], joints[SMPL_JOINTS.index("left_shoulder")]
    assert wrist[1] < shoulder[1] - 0.45
    assert torch.allclose(clip.root[0], torch.eye(3), atol=1e-5)


def _bvh_text(path: Path, change) -> Path:
    path.write_text(change(write_bvh(path, frames=3, seed=0).read_text()))
    return path


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda t: t.replace("MOTION", "NOTION"), "HIERARCHY and a MOTION"),
        (lambda t: t.replace("Frames: 3", "Frames: 5"), "5 frames"),
        (lambda t: t.replace("CHANNELS 3", "CHANNELS three", 1), "line"),
        (lambda t: t.replace("LeftKnee", "Paw"), "left_knee"),
        (lambda t: t.rsplit(" ", 1)[0] + " nan\n", "line 112: NaN"),
        (lambda t: t.replace("OFFSET 0 2 0", "OFFSET 0 -9 0"), "do not make a standing body"),
    ],
)
def test_a_malformed_bvh_is_named(tmp_path, change, says):
    with pytest.raises(InputError, match=says):
        bvh.read_clip(_bvh_text(tmp_path / "clip.bvh", change))


@pytest.mark.parametrize("blank", ["\t", "\t ", " \t", "   "])
def test_bvh_words_may_be_apart_by_any_blanks(tmp_path, blank):
    plain = bvh.read_clip(write_bvh(tmp_path / "plain.bvh", frames=3, seed=0))
    path = _bvh_text(tmp_path / "other.bvh", lambda t: t.replace("OFFSET ", f"OFFSET{blank}").replace("JOINT ", f"JOINT{blank}"))
    assert torch.equal(bvh.read_clip(path).body_pose, plain.body_pose)


@pytest.mark.parametrize(
    ("rate", "frames", "left"), [(20.0, 60, 20.0), (40.0, 60, 40.0), (100.0, 20, 100 / 3), (120.0, 15, 30.0)]
)
def test_clips_know_the_rate_that_thinning_leaves(tmp_path, rate, frames, left):
    np.savez(tmp_path / "walk_poses.npz", poses=np.zeros((60, 72)), mocap_framerate=rate)
    clip = amass.read_clip(tmp_path / "walk_poses.npz", frames_per_second=30.0)
    assert (len(clip), clip.rate) == (frames, pytest.approx(left))
    text = (tmp_path / "clip.bvh", lambda t: t.replace(".0083333", f"{1 / rate:.7f}"))
    assert bvh.read_clip(_bvh_text(*text), frames_per_second=30.0).rate == pytest.approx(left, rel=1e-3)
    np.save(tmp_path / "poses.npy", np.zeros((4, 69)))
    assert amass.read_clip(tmp_path / "poses.npy", frames_per_second=30.0).rate == 0


@pytest.mark.parametrize(
    "content",
    ["", "{}", '{"Frames": [[1, 2]]}', '{"Frames": []}', *(json.dumps({"Frames": [[v] * 44]}) for v in (float("nan"), 1e30, 0))],
)
def test_a_malformed_deepmimic_clip_is_named(tmp_path, content):
    path = tmp_path / "clip.txt"
    path.write_text(content)
    with pytest.raises(InputError, match=r"clip\.txt"):
        deepmimic.read_clip(path)


def test_characters_are_not_clips(tmp_path):
    (tmp_path / "character.txt").write_text('{"Skeleton": {"Joints": []}}')
    write_deepmimic(tmp_path / "motion.txt", frames=4, seed=0)
    clips, left_out = read_clips(PoseFiles(format="deepmimic", path=str(tmp_path), frames_per_second=0.0))
    assert [c.name for c in clips] == ["motion"]
    assert not left_out


def test_amass_is_turned_upright(tmp_path):
    """AMASS' world has z up: a person who stands there is turned by 90 degrees about x."""
    poses = np.zeros((120, 156))
    poses[:, 0] = np.pi / 2
    poses[:, 3 * SMPL_JOINTS.index("left_knee")] = 0.7
    poses[:, 70:] = 9.0
    np.savez(tmp_path / "walk_poses.npz", poses=poses, mocap_framerate=120.0, gender=np.array("male"), trans=np.zeros((120, 3)))
    clip = amass.read_clip(tmp_path / "walk_poses.npz", frames_per_second=30.0)
    assert len(clip) == 30
    assert torch.allclose(clip.root[0], torch.eye(3), atol=1e-6)
    assert torch.allclose(
        clip.body_pose[0, SMPL_JOINTS.index("left_knee") - 1], rotation_about("x", torch.tensor(0.7)), atol=1e-6
    )
    assert torch.allclose(clip.body_pose[0, 21:], torch.eye(3).expand(2, 3, 3))


@pytest.mark.parametrize("shape", [(7, 72), (7, 24, 3)])
def test_plain_arrays_are_read(tmp_path, shape):
    poses = np.random.default_rng(0).normal(size=shape) * 0.3
    np.save(tmp_path / "poses.npy", poses)
    clip = amass.read_clip(tmp_path / "poses.npy")
    assert np.allclose(axis_angle_from_matrix(clip.body_pose).flatten(1), poses.reshape(7, 72)[:, 3:], atol=1e-5)
    assert np.allclose(axis_angle_from_matrix(clip.root), poses.reshape(7, 72)[:, :3], atol=1e-5)


def test_body_poses_without_orientation_stand_upright(tmp_path):
    np.save(tmp_path / "poses.npy", np.zeros((4, 69)))
    assert torch.allclose(amass.read_clip(tmp_path / "poses.npy").root, torch.eye(3).expand(4, 3, 3))


@pytest.mark.parametrize(
    ("array", "says"),
    [
        (np.zeros((4, 50)), "50 numbers"),
        (np.zeros(72), "shape"),
        (np.full((4, 72), np.inf), "infinite"),
        (np.full((4, 72), 1e300), "1e\\+300; rotations in radians expected"),
        (np.array([["a"] * 72]), "shape"),
    ],
)
def test_a_wrong_array_is_named(tmp_path, array, says):
    np.save(tmp_path / "poses.npy", array)
    with pytest.raises(InputError, match=says):
        amass.read_clip(tmp_path / "poses.npy")


def test_pickled_arrays_are_not_opened(tmp_path):
    np.save(tmp_path / "poses.npy", np.array([{"a": 1}], dtype=object))
    with pytest.raises(InputError, match="Python objects, which are not opened"):
        amass.read_clip(tmp_path / "poses.npy")
