"""The two networks that trackers to beat learn from rendered tracks."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch

from smpl_assets.errors import InputError, StageError
from smpl_assets.skeletons import get_skeleton
from smpl_assets.work import Bench
from tests.training.datasets.sequences import JOINTS, STANDING, people, sequence
from training.tracking.baselines.appearance import APPEARANCE
from training.tracking.baselines.lighttrack import LIGHTTRACK
from training.tracking.film import Film
from training.tracking.method import Setting
from training.tracking.pose_graph import PoseGraph, load_graph
from training.tracking.pose_graph_fit import train_graph
from training.tracking.reid import crops, load_reid
from training.tracking.reid_fit import train_reid, triplet_loss

SKELETON = get_skeleton("posetrack15")
COLOURS = ((220, 30, 30), (30, 30, 220), (30, 200, 30), (220, 220, 30))


def _film(frames=6):
    """Four people in clothes of one colour each, and of two postures."""
    rng = np.random.default_rng(0)
    places = np.array([[60.0, 40.0], [180.0, 40.0], [300.0, 40.0], [420.0, 40.0]])
    found, pictures = [], {}
    for number in range(frames):
        there = people(places + 5 * number, [0, 1, 2, 3])
        keypoints = there.keypoints.copy()
        keypoints[2:, 6:12, 0] += 40 * np.sign(STANDING[6:12, 0])  # arms out
        keypoints += rng.normal(0, 1, keypoints.shape)
        found.append(people(places + 5 * number, [0, 1, 2, 3], keypoints=keypoints))
        image = rng.integers(90, 160, (240, 540, 3), np.uint8)
        for (x, y), colour in zip(places + 5 * number, COLOURS, strict=True):
            image[int(y) : int(y) + 100, int(x) - 18 : int(x) + 18] = colour
        pictures[f"images/val/s/{number:06d}.jpg"] = cv2.imencode(".png", image[..., ::-1])[1].tobytes()
    made = sequence(found, "s")
    return Film(made.__class__("s", JOINTS, 240, 540, made.frames), pictures.__getitem__)


def test_a_box_becomes_a_crop_pixel_by_pixel():
    image = np.zeros((200, 200, 3), np.uint8)
    image[40, 60] = 255
    cut = crops(image, np.array([[50.0, 20.0, 82.0, 84.0], [np.nan] * 4]))
    assert np.argwhere(cut[0, ..., 0] == 255).tolist() == [[20, 10]]
    assert (cut[1] == 128).all()
    outside = crops(image, np.array([[-32.0, 0.0, 32.0, 128.0]]))
    assert (outside[0, :, :15] == 128).all()
    assert (outside[0, :, 17:] == 0).all()


def test_the_hardest_of_each_person_counts():
    features = torch.tensor([[0.0], [1.0], [3.0], [3.1]])
    tracks = torch.tensor([0, 0, 1, 1])
    # 0: 1 - 3, 1: 1 - 2, 2: .1 - 2, 3: .1 - 2.1, each + .3
    assert triplet_loss(features, tracks) == 0
    assert triplet_loss(features, torch.tensor([0, 1, 0, 1])) == pytest.approx((3 - 1 + 2.1 - 1 + 3 - 0.1 + 2.1 - 0.1) / 4 + 0.3)


def test_looks_are_learnt(tmp_path):
    losses = train_reid([_film()], Bench(0, tmp_path), steps=25)
    assert np.mean(losses[-5:]) < 0.5 * losses[0]
    assert losses == train_reid([_film()], Bench(0, tmp_path), steps=25)
    embed = load_reid(tmp_path, "cpu")
    flat = np.stack([np.full((64, 32, 3), c, np.uint8) for c in COLOURS])
    features = embed(flat)
    np.testing.assert_allclose(np.linalg.norm(features, axis=1), 1, atol=1e-5)
    assert APPEARANCE.open(APPEARANCE.options(), Setting(SKELETON, tmp_path)) is not None
    with pytest.raises(StageError, match="two people"):
        train_reid([], Bench(0, tmp_path))
    with pytest.raises(InputError, match="no such file, where a re-identification network should be"):
        load_reid(tmp_path / "nowhere", "cpu")


def test_postures_are_learnt(tmp_path):
    made = _film().sequence
    losses = train_graph([made], SKELETON, Bench(0, tmp_path), steps=60)
    assert np.mean(losses[-10:]) < 0.6 * np.mean(losses[:3])
    embed = load_graph(tmp_path, SKELETON, "cpu")
    one, other = (embed(made.frames[n].people) for n in (0, 5))
    far = np.linalg.norm(one[:, None] - other[None], axis=2)
    assert far[:2, :2].max() < far[:2, 2:].min()  # same posture, whoever it is, is nearer than another one
    assert LIGHTTRACK.open(LIGHTTRACK.options(), Setting(SKELETON, tmp_path)) is not None
    with pytest.raises(InputError, match="compares other joints than those of coco17"):
        load_graph(tmp_path, get_skeleton("coco17"), "cpu")
    with pytest.raises(StageError, match="two people"):
        train_graph([], SKELETON, Bench(0, tmp_path))


def test_joints_speak_to_their_neighbours_only():
    network = PoseGraph(SKELETON)
    links = network.get_buffer("links")
    wrist, elbow, ankle = (JOINTS.index(n) for n in ("left_wrist", "left_elbow", "left_ankle"))
    assert links[wrist, elbow] > 0
    assert links[wrist, ankle] == 0
    torch.testing.assert_close(links, links.T)
