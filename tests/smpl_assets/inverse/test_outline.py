"""What capsules say of a body in an image: held against its surface, and worked out by hand."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch

from smpl_assets.body.pose import BodyPose
from smpl_assets.camera import project
from smpl_assets.inverse.drawn import drawn_fits
from smpl_assets.inverse.outline import Outline
from smpl_assets.inverse.overlaps import build_capsules
from smpl_assets.inverse.rig import pose_joints
from smpl_assets.poses.pool import PosePool
from smpl_assets.poses.settings import PoolSettings
from smpl_assets.skeletons import SKELETONS

PEOPLE = 192


@pytest.fixture(scope="module")
def drawn(body):
    """Poses of the pool before cameras: fits, posed bodies and their outlines."""
    sample = PosePool(PoolSettings()).sample(PEOPLE, 3)
    fits = drawn_fits(sample, np.arange(PEOPLE), body, SKELETONS["coco17"], 1)
    pose = BodyPose.from_axis_angle(fits.bodies)
    return fits, pose, Outline.of(build_capsules(body), pose_joints(body, pose), pose.shape)


def test_boxes_are_about_those_of_the_surface(body, drawn):
    fits, pose, outline = drawn
    intrinsics = torch.from_numpy(fits.intrinsics).float()
    boxes = outline.boxes(intrinsics)
    with torch.no_grad():
        points = project(body(pose).vertices, intrinsics)
    low, high = points.amin(1), points.amax(1)
    corner = torch.minimum(boxes[:, :2] + boxes[:, 2:], high) - torch.maximum(boxes[:, :2], low)
    common, areas = corner.clamp(min=0).prod(1), boxes[:, 2:].prod(1) + (high - low).prod(1)
    overlap = common / (areas - common)
    assert overlap.median() > 0.9
    assert overlap.min() > 0.7


def test_faces_are_hidden_from_behind_and_seen_from_before(body, drawn):
    _, pose, outline = drawn
    with torch.no_grad():
        spots = body.sparse_keypoints(("coco17",), pose)[0]["coco17"]
    hidden, skeleton = outline.hidden(spots), SKELETONS["coco17"]
    towards = -spots[:, 0] / spots[:, 0].norm(dim=1, keepdim=True)  # from the nose to the camera
    ears, nose = (spots[:, [skeleton.index(f"{s}_ear") for s in ("left", "right")]].mean(1), spots[:, 0])
    facing = (torch.nn.functional.normalize(nose - ears, dim=1) * towards).sum(1)
    behind, before = hidden[facing < -0.8, 0], hidden[facing > 0.5, 0]
    assert min(len(behind), len(before)) >= 10
    assert behind.float().mean() > 0.8
    assert before.float().mean() < 0.1  # arms may lie before it


def test_a_limb_before_another_hides_its_joints():
    """Two parallel capsules of 5 cm, 2 m and 2.3 m before the camera."""
    ends = torch.tensor([[[[-0.3, 0, 2.0], [0.3, 0, 2.0]], [[-0.3, 0, 2.3], [0.3, 0, 2.3]]]])
    outline = Outline(ends, torch.full((1, 2), 0.05))
    points = torch.tensor([[[0.0, 0, 2.0], [0.0, 0, 2.3], [0.0, 0.2, 2.3], [0.0, 0, 1.0], [0.0, 0.05, 2.0], [0.0, 0.0, 2.05]]])
    assert outline.hidden(points).tolist() == [[False, True, False, False, False, True]]
    (box,) = outline.boxes(torch.tensor([[100.0, 100.0, 50.0, 50.0]])).tolist()
    assert box == pytest.approx([32.5, 47.5, 35.0, 5.0], abs=1e-4)


def test_a_limb_that_points_at_the_camera_hides_what_it_hangs_on():
    ends = torch.tensor([[[[0.0, 0, 2.0], [0, 0, 2.4]]]])
    outline = Outline(ends, torch.full((1, 1), 0.05))
    points = torch.tensor([[[0.0, 0, 2.0], [0.0, 0, 2.4]]])
    assert outline.hidden(points).tolist() == [[False, True]]


def test_who_else_is_there_changes_nothing(body, drawn):
    _, pose, outline = drawn
    with torch.no_grad():
        spots = body.sparse_keypoints(("coco17",), pose)[0]["coco17"]
    one = dataclasses.replace(outline, ends=outline.ends[7:8], radii=outline.radii[7:8])
    assert torch.equal(one.hidden(spots[7:8]), outline.hidden(spots)[7:8])
