"""What repetitions vary: shares, joints along limbs, gates, neighbours of the pool, hypotheses, views from far around."""

from __future__ import annotations

import dataclasses
from collections import Counter

import numpy as np
import pytest
import torch
from pydantic import ValidationError

from smpl_assets.body.kinematics import ADULT_OFFSETS, stick_joints
from smpl_assets.body.pose import BodyParameters, BodyPose
from smpl_assets.body.protocol import SMPL_JOINTS, load_body
from smpl_assets.body.settings import BodySettings
from smpl_assets.inverse.overlaps import build_capsules, penetration
from smpl_assets.inverse.rig import pose_joints
from smpl_assets.poses.limits import excess
from smpl_assets.poses.settings import PoolSettings
from smpl_assets.render.settings import RenderSettings
from smpl_assets.render.studio import jitter
from smpl_assets.render.studio.drafts import Drafter
from smpl_assets.render.studio.jitter import SIZES, PostureJitter, along_limbs
from smpl_assets.render.studio.jobs import Job
from smpl_assets.render.studio.neighbours import NEAR_M, NEAREST, draw_neighbours
from smpl_assets.render.studio.postures import Alternatives
from smpl_assets.render.studio.variation import Variation, variation_of
from smpl_assets.render.visibility import project_points
from smpl_assets.rotations import exponential, uniform_rotations

STILL = torch.zeros(len(SIZES), 23, 3)


@pytest.fixture(scope="module")
def body():
    return load_body(BodySettings())


@pytest.fixture(scope="module")
def pool():
    return draw_neighbours(PoolSettings(), 3)


def settings(**changes) -> RenderSettings:
    return RenderSettings.model_validate({"image_size": 100, **changes})


def bodies_of(fits) -> list[BodyParameters]:
    return [fits.bodies.select(row) for row in range(len(fits))]


def poses_of(bodies) -> BodyPose:
    return BodyPose.from_axis_angle(BodyParameters.stacked(bodies))


def joint(name: str) -> int:
    return SMPL_JOINTS.index(name) - 1


def test_repetitions_take_their_shares_and_the_first_is_the_fit():
    chosen = settings(neighbours=0.3, hypotheses=0.2, far_views=0.4)
    for person in (0, 7):
        found = [variation_of(1, person, repetition, chosen) for repetition in range(101)]
        assert found[0] == Variation("fit", False)
        kinds = Counter(v.posture for v in found[1:])
        assert abs(kinds["neighbour"] - 30) <= 2
        assert abs(kinds["hypothesis"] - 20) <= 2
        assert abs(sum(v.far for v in found[1:]) - 40) <= 2
    assert [variation_of(1, 0, r, chosen) for r in range(9)] != [variation_of(1, 7, r, chosen) for r in range(9)]


def test_postures_are_shares_of_one_whole():
    with pytest.raises(ValidationError, match="one whole"):
        settings(neighbours=0.7, hypotheses=0.4)


def test_joints_along_a_limb_turn_together_about_one_axis_in_space():
    generator = torch.Generator().manual_seed(0)
    pose = uniform_rotations(4000 * 23, generator).reshape(4000, 23, 3, 3)
    turns = along_limbs(pose, torch.randn(4000, 23, 3, generator=generator))
    assert torch.allclose(turns.std(0), torch.ones(23, 3), atol=0.08)
    elbow = (pose[:, joint("left_elbow")] @ turns[:, joint("left_elbow"), :, None])[..., 0]  # in the upper arm's frame
    assert correlation(elbow, turns[:, joint("left_shoulder")]) == pytest.approx(0.6, abs=0.04)
    assert abs(correlation(turns[:, joint("left_knee")], turns[:, joint("right_knee")])) < 0.04


def correlation(a: torch.Tensor, b: torch.Tensor) -> float:
    return float(np.corrcoef(a.flatten(), b.flatten())[0, 1])


def test_moved_postures_keep_to_limits_and_reach_no_deeper_into_the_body(body, fits):
    bodies = [*bodies_of(fits), inside_itself(fits)]
    capsules = build_capsules(body)

    def depth(pose):
        return penetration(capsules, pose_joints(body, pose), pose.shape)

    jitters = PostureJitter(body, 12.0)
    own, deepest = depth(poses_of(bodies)), []
    for seed in range(6):
        moved = jitters.moved(bodies, [100 * seed + i for i in range(7)], [STILL] * 7)
        pose, took = poses_of(moved.bodies), np.array(moved.draw) >= 0
        assert (excess(pose.body_pose)[took] < 1e-4).all()
        assert (depth(pose)[took] <= own[took] + 2e-4).all()
        assert took.mean() > 0.5
        deepest.append(float((pose.body_pose - poses_of(bodies).body_pose).abs().max()))
    assert min(deepest) > 0.1


def inside_itself(fits) -> BodyParameters:
    """The first body with a forearm through the chest."""
    one = fits.bodies.select(0)
    pose = one.body_pose.copy()
    pose[joint("left_shoulder")], pose[joint("left_elbow")] = [0.0, -0.9, -1.1], [0.0, -2.4, 0.0]
    return dataclasses.replace(one, body_pose=pose)


def test_company_changes_no_bit_of_a_moved_posture(body, fits):
    bodies, jitters = bodies_of(fits), PostureJitter(body, 8.0)
    together = jitters.moved(bodies, list(range(6)), [STILL] * 6)
    alone = jitters.moved(bodies[4:5], [4], [STILL])
    assert np.array_equal(alone.bodies[0].body_pose, together.bodies[4].body_pose)
    assert alone.draw[0] == together.draw[4]
    many = jitters.moved([*bodies, *bodies] * 4, [*range(6), *range(6)] * 4, [STILL] * 48)
    assert np.array_equal(many.bodies[40].body_pose, together.bodies[4].body_pose)


def test_a_body_whose_draws_all_reach_deeper_stays_as_it_is(body, fits, monkeypatch):
    monkeypatch.setattr(jitter, "penetration", lambda capsules, posed, shape: torch.arange(len(shape)) * 0.01)
    moved = PostureJitter(body, 8.0).moved(bodies_of(fits)[:1], [0], [STILL])
    assert moved.draw == [-1]
    assert np.array_equal(moved.bodies[0].body_pose, fits.body_pose[0])


def test_refused_draws_are_followed_by_smaller_ones(body, fits, monkeypatch):
    def refuse_whole_ones(capsules, posed, shape):
        depth = torch.zeros(len(shape) // (1 + len(SIZES)), 1 + len(SIZES))
        depth[:, 1:5] = 0.01
        return depth.flatten()

    monkeypatch.setattr(jitter, "penetration", refuse_whole_ones)
    moved = PostureJitter(body, 8.0).moved(bodies_of(fits), list(range(6)), [STILL] * 6)
    assert [SIZES[draw] for draw in moved.draw] == [0.5] * 6


def test_a_pose_of_the_pool_is_its_own_neighbour(pool):
    pose = pool.body_pose[17]
    turns, labels = pool.towards(pose, NEAREST, np.random.default_rng(0))
    assert (pose @ exponential(turns) - pose).abs().amax((1, 2, 3)).min() < 1e-4
    assert pool.labels[17] in labels


def test_neighbours_are_different_poses_and_near(pool, fits):
    own = poses_of(bodies_of(fits)).body_pose[2]
    turns, labels = pool.towards(own, len(SIZES), np.random.default_rng(1))
    joints = stick_joints(torch.cat([own[None], own @ exponential(turns)]), offsets=ADULT_OFFSETS)
    away = (joints[1:] - joints[0]).square().sum(-1).mean(1).sqrt()
    assert (away < 1.4 * NEAR_M).all()
    assert (away > 0.02).all()
    assert len({tuple(t.flatten().tolist()) for t in turns}) == len(SIZES)
    assert all("/" in label for label in labels)


@pytest.fixture(scope="module")
def hypotheses(fits):
    """Two other hypotheses of the third person, seen from farther away."""
    rows = np.array([2, 2])
    other = fits.select(rows)
    return dataclasses.replace(other, body_pose=other.body_pose + 0.3, transl=other.transl + np.array([0.0, 0.0, 1.0]))


def drafts(fits, body, chosen, alternatives=None, jobs=None):
    drafter = Drafter(fits, chosen, body, alternatives or Alternatives(), 5)
    return drafter.drafts(jobs or [Job(row, r) for row in range(len(fits)) for r in range(6)])


def test_the_first_repetition_is_the_fit_and_all_others_are_recorded(fits, body, hypotheses):
    chosen = settings(neighbours=0.3, hypotheses=0.3, far_views=0.3)
    found = drafts(fits, body, chosen, Alternatives(hypotheses))
    for draft in found:
        same = np.array_equal(draft.placed.parameters.body_pose, fits.body_pose[draft.job.row])
        assert same == (draft.job.repetition == 0) == (draft.varied == "fit")
        assert bool(draft.pose) == (draft.variation.posture == "neighbour")
        assert draft.jittered == (draft.job.repetition > 0)
        words = draft.varied.split("+")
        assert ("mirrored" in words) == draft.placed.mirrored
        assert draft.varied == "fit" or ("far" in words) != ("near" in words)
    kinds = {k: [d for d in found if d.variation.posture == k] for k in ("fit", "hypothesis", "neighbour")}
    assert {d.job.row for d in kinds["hypothesis"]} == {2}  # nobody else has others
    assert len(kinds["neighbour"]) > 5


def test_another_hypothesis_comes_with_its_own_place(fits, body, hypotheses):
    chosen = settings(hypotheses=1.0, neighbours=0.0, far_views=0.0, pose_jitter_deg=0.0, mirror_share=0.0)
    for draft in drafts(fits, body, chosen, Alternatives(hypotheses), [Job(2, 1), Job(2, 2)]):
        assert np.array_equal(draft.placed.parameters.body_pose, hypotheses.body_pose[0])
        assert np.array_equal(draft.placed.parameters.transl, hypotheses.transl[0])
        assert draft.varied == "hypothesis+near"


def test_without_variation_postures_are_those_of_the_fits(fits, body):
    chosen = settings(neighbours=0.0, hypotheses=0.0, far_views=0.0, pose_jitter_deg=0.0, mirror_share=0.0)
    for draft in drafts(fits, body, chosen):
        assert np.array_equal(draft.placed.parameters.body_pose, fits.body_pose[draft.job.row])


def test_far_views_come_from_everywhere_and_hold_the_whole_body(fits, body):
    chosen = settings(far_views=1.0, framing_jitter=0.0, mirror_share=0.0)
    found = drafts(fits, body, chosen, jobs=[Job(row, r) for row in range(6) for r in range(1, 9)])
    headings = []
    for draft in found:
        parameters = draft.placed.parameters
        pose = poses_of([parameters])
        points = project_points(pose_joints(body, pose).joints[0].double().numpy(), draft.placed.camera)
        assert (points >= 5).all()
        assert (points <= 95).all()
        front, up = pose.global_orient[0, :, 2], pose.global_orient[0, :, 1]
        headings.append(float(torch.atan2(front[0], -front[2])))
        assert up[1] < -0.8  # the fixture's people stand; the camera stays moderately level
    assert np.histogram(headings, np.linspace(-np.pi, np.pi, 5))[0].min() >= 4


def test_company_changes_nothing_of_a_draft(fits, body, hypotheses):
    chosen = settings(neighbours=0.3, hypotheses=0.3, far_views=0.3)
    found = drafts(fits, body, chosen, Alternatives(hypotheses))
    for draft in found[9:14]:
        one, job = fits.select(np.array([draft.job.row])), Job(0, draft.job.repetition)
        (alone,) = drafts(one, body, chosen, Alternatives(hypotheses), [job])
        assert alone.varied == draft.varied
        for field in dataclasses.fields(BodyParameters):
            values = (getattr(d.placed.parameters, field.name) for d in (alone, draft))
            assert np.array_equal(*values)
        assert np.array_equal(alone.placed.camera.intrinsics, draft.placed.camera.intrinsics)
