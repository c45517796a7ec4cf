"""Each tracker to beat on a case that it must win, and on one that it must lose."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import cv2
import numpy as np
import pytest
from pydantic import ValidationError

from smpl_assets.errors import InputError
from smpl_assets.skeletons import get_skeleton
from tests.training.datasets.sequences import STANDING
from tests.training.tracking.crowd import people
from training.tracking.baselines.appearance import APPEARANCE, Appearance
from training.tracking.baselines.boxes import boxes, iou
from training.tracking.baselines.distance import DISTANCE
from training.tracking.baselines.flow import FLOW, FlowOverlap
from training.tracking.baselines.iou import IOU
from training.tracking.baselines.lighttrack import LIGHTTRACK, LightTrack
from training.tracking.baselines.oks import OKS
from training.tracking.baselines.options import AppearanceOptions, LightTrackOptions
from training.tracking.combined import build_combined
from training.tracking.combined_settings import CombinedOptions, CombinedTracking
from training.tracking.combined_track import Combined
from training.tracking.method import Method, Setting
from training.tracking.online import OnlineTracker
from training.tracking.pose_graph import in_box
from training.tracking.skeleton_limbs import limbs_of
from training.tracking.tml import TML
from training.tracking.tracker import Seen

SKELETON = get_skeleton("posetrack15")
SETTING = Setting(SKELETON)
GREY = np.full((240, 640, 3), 128, np.uint8)


def seen(number, places, image=GREY, pose=STANDING):
    """A frame of people 100 px tall. places: (x, y) of the top of each head; pose: one for all, or each one's."""
    poses = pose if isinstance(pose, list) else [pose] * len(places)
    found = people(np.array([np.array(at) + 100 * p for at, p in zip(places, poses, strict=True)]).reshape(-1, 15, 2))
    return Seen("s", number, image.shape[0], image.shape[1], found, cache(lambda: image))


def ids(tracker, frames):
    """The ids of each frame's people."""
    return [p.ids.tolist() for p in tracker.track(frames)]


def run(method: Method, frames, **options):
    """Frames through a tracker of the table."""
    return ids(method.open(method.options(**options), SETTING), frames)


def bent():
    """A person bent over: the upper body lies forwards at the height of the hips."""
    pose = STANDING.copy()
    upper = pose[:, 1] < 0.5
    pose[upper] = np.stack([0.5 - pose[upper, 1], 0.5 - 0.5 * pose[upper, 0]], axis=1)
    return pose


WALK = [seen(n, [(100 + 10 * n, 50), (300 - 10 * n, 50)]) for n in range(4)]
# Fast people walk in a line: the one behind steps to where the one in front was.
QUEUE = [seen(0, [(100, 50), (180, 50)]), seen(1, [(170, 50), (250, 50)])]


def test_distance_follows_who_is_near_and_loses_a_fast_queue():
    assert run(DISTANCE, WALK) == [[0, 1]] * 4
    assert run(DISTANCE, WALK, distance="torso") == [[0, 1]] * 4
    alone = [QUEUE[0], seen(1, [(170, 50)])]  # the front one has left: the one behind takes its id
    assert run(DISTANCE, alone) == [[0, 1], [1]]


def test_iou_follows_overlapping_boxes_and_loses_people_who_move_by_a_width():
    assert run(IOU, WALK) == [[0, 1]] * 4
    assert run(IOU, [seen(0, [(100, 50)]), seen(1, [(170, 50)])]) == [[0], [1]]
    assert run(DISTANCE, [seen(0, [(100, 50)]), seen(1, [(170, 50)])]) == [[0], [0]]


def test_oks_tells_poses_in_one_place_apart_and_loses_whole_people_who_move():
    poses = [STANDING, bent()]
    crossed = [seen(0, [(300, 50), (300, 50)], pose=poses), seen(1, [(300, 50), (300, 50)], pose=poses[::-1])]
    assert run(OKS, crossed) == [[0, 1], [1, 0]]
    far = [seen(0, [(100, 50)]), seen(1, [(140, 50)])]
    assert run(OKS, far, wide=1.0) == [[0], [1]]
    assert run(OKS, far) == [[0], [0]]
    assert run(OKS, [seen(0, [(100, 50)]), seen(1, [(300, 50)])]) == [[0], [1]]


def _noise(shift):
    rng = np.random.default_rng(3)
    wide = cv2.resize(rng.integers(0, 255, (30, 100, 3), np.uint8), (800, 240), interpolation=cv2.INTER_CUBIC)
    return np.ascontiguousarray(wide[:, 100 - shift : 740 - shift])


def test_flow_follows_a_camera_that_pans_and_loses_where_there_is_nothing_to_see():
    places = [(200, 50), (230, 50)]
    panned = [(230, 50), (260, 50)]  # by the gap between both: the second stands where the first is to be
    frames = [seen(0, places, _noise(0)), seen(1, panned, _noise(30))]
    assert run(OKS, frames, wide=2.0)[1] != [0, 1]
    assert run(FLOW, frames, wide=2.0) == [[0, 1], [0, 1]]
    assert run(FLOW, [seen(0, places), seen(1, panned)], wide=2.0)[1][:2] != [0, 1]


@pytest.mark.parametrize("flow", ["dis", "farneback"])
def test_both_flows_see_a_camera_move(flow):
    before, after = seen(0, [(200, 50)], _noise(0)), seen(1, [], _noise(6))
    moved = FlowOverlap(FLOW.options(method=flow), SETTING).moved(before, after)
    np.testing.assert_allclose((moved.keypoints - before.people.keypoints).mean((0, 1)), (6, 0), atol=1)


def test_flow_keeps_who_was_not_found_for_a_while_and_inside_the_picture():
    frames = [seen(0, [(200, 50)], _noise(0)), *(seen(n, [], _noise(10 * n)) for n in range(1, 5))]
    tracked = list(FLOW.open(FLOW.options(propose=True), SETTING).track(frames))
    assert [p.ids.tolist() for p in tracked] == [[0], [0], [0], [0], []]
    assert [round(float(p.scores[0]), 3) for p in tracked[:4]] == [1.0, 0.7, 0.49, 0.343]
    moved = tracked[1].keypoints[0] - tracked[0].keypoints[0]
    np.testing.assert_allclose(moved.mean(0), (10, 0), atol=1.5)
    found = [seen(0, [(200, 50)], _noise(0)), seen(1, [(212, 50)], _noise(10))]
    assert run(FLOW, found, propose=True) == [[0], [0]]
    assert run(FLOW, frames, propose=False) == [[0], [], [], [], []]


def _dressed(places, colours):
    image = GREY.copy()
    for (x, y), colour in zip(places, colours, strict=True):
        image[y : y + 100, x - 20 : x + 20] = colour
    return image


def _mean_colour(crops):
    colour = crops[:, 16:48, 8:24].reshape(len(crops), -1, 3).mean(1) - 100.0
    return colour / np.linalg.norm(colour, axis=1, keepdims=True)


RED, BLUE = (220, 30, 30), (30, 30, 220)


def test_appearance_tells_shirts_apart_and_loses_people_of_one_team():
    start, later = [(200, 50), (250, 50)], [(225, 50), (205, 50)]  # they change sides: overlap says the contrary

    def tracked(colours):
        frames = [seen(0, start, _dressed(start, colours)), seen(1, later, _dressed(later, colours))]
        options = AppearanceOptions(beta=0.3)
        return ids(OnlineTracker(Appearance(_mean_colour, options), options), frames)

    assert tracked([RED, BLUE]) == [[0, 1], [0, 1]]
    assert tracked([RED, RED]) == [[0, 1], [1, 0]]
    assert run(IOU, [seen(0, start), seen(1, later)]) == [[0, 1], [1, 0]]


def _pose(found):
    return 2 * in_box(found)[..., :2].reshape(len(found), -1)


def test_lighttrack_finds_a_pose_again_and_loses_who_stands_like_everybody():
    options = LightTrackOptions(keyframes=1)
    poses = [STANDING, bent()]

    def tracked(start, later):
        return ids(OnlineTracker(LightTrack(_pose, options), options), [start, later])

    jumped = seen(0, [(100, 50), (200, 50)], pose=poses), seen(1, [(420, 50), (520, 50)], pose=poses[::-1])
    assert tracked(*jumped) == [[0, 1], [1, 0]]
    alike = seen(0, [(100, 50), (200, 50)]), seen(1, [(300, 50)])
    assert tracked(*alike) == [[0, 1], [0]]  # the nearer one is 1: poses do not say who it is
    between = LightTrackOptions(keyframes=2)
    assert ids(OnlineTracker(LightTrack(_pose, between), between), jumped) == [[0, 1], [2, 3]]
    assert tracked(*WALK[:2]) == [[0, 1], [0, 1]]


def test_keyframes_are_every_so_manieth_that_is_shown_whatever_its_number():
    """Numbers that are all odd."""
    options = LightTrackOptions(keyframes=2)
    poses = [STANDING, bent()]
    jumped = [seen(0, [(100, 50), (200, 50)], pose=poses), seen(1, [(420, 50), (520, 50)], pose=poses[::-1])]
    first, second = (replace(s, number=n, missing=n - place) for s, n, place in zip(jumped, (3, 7), (1, 2), strict=True))
    assert ids(OnlineTracker(LightTrack(_pose, options), options), [first, second]) == [[0, 1], [1, 0]]


def test_looks_are_kept_as_long_as_frames_are_compared_though_numbers_have_gaps():
    options, asked = AppearanceOptions(memory=1), []

    def counted(crops):
        asked.append(len(crops))
        return _mean_colour(crops)

    similarity = Appearance(counted, options)
    shown = [replace(seen(4 * n, [(100, 50)]), missing=3 * n) for n in range(4)]
    for after in range(1, 4):
        for before in range(after - 1, max(after - 3, -1), -1):
            similarity(shown[before], shown[after])
    assert asked == [1] * 4
    assert sorted(similarity._features) == [4, 8, 12]


# The one in front leaves unseen, and the one behind walks on to where he was seen last.
ON = [*(seen(n, [(100 + 15 * n, 50), (145 + 15 * n, 50)]) for n in range(2)), seen(4, [(160, 50)])]


def followers():
    network = build_combined(limbs_of(SKELETON), CombinedOptions(), 0)
    looks, place = AppearanceOptions(memory=1, motion=1), LightTrackOptions(memory=1, keyframes=99, motion=1)
    return {
        "appearance": (looks, lambda options: Appearance(_mean_colour, options)),
        "lighttrack": (place, lambda options: LightTrack(_pose, options)),
        "combined": (CombinedTracking(alpha=0, memory=1, motion=1), lambda options: Combined(network, options, SETTING)),
    }


@pytest.mark.parametrize("method", [DISTANCE, IOU, OKS, TML])
def test_with_motion_who_walks_on_is_found_where_somebody_else_was(method):
    flow = {"alpha": 0, "refine": False} if method is TML else {}
    assert run(method, ON, memory=1, **flow)[2] == [1]
    assert run(method, ON, memory=1, motion=1, **flow)[2] == [0]


@pytest.mark.parametrize("name", ["appearance", "lighttrack", "combined"])
def test_with_motion_learnt_trackers_look_there_too(name):
    options, similarity = followers()[name]
    without = options.model_copy(update={"motion": 0.0})
    assert ids(OnlineTracker(similarity(without), without), ON)[2] == [1]
    assert ids(OnlineTracker(similarity(options), options), ON)[2] == [0]


def test_optical_flow_takes_no_motion_beside_it():
    with pytest.raises(ValidationError, match="motion"):
        FLOW.options(motion=0.8)


@pytest.mark.parametrize("method", [APPEARANCE, LIGHTTRACK])
def test_what_has_to_be_learnt_is_asked_for(method):
    with pytest.raises(InputError, match="needs a"):
        method.open(method.options(), SETTING)


@pytest.mark.parametrize("method", [DISTANCE, IOU, OKS, FLOW])
def test_frames_without_people_and_people_without_joints(method):
    nothing = people(np.full((1, 15, 2), np.nan))
    empty = Seen("s", 1, 240, 640, nothing, cache(lambda: GREY))
    assert run(method, [seen(0, []), seen(1, [(100, 50)]), seen(2, [])])[1] == [0]
    assert run(method, [seen(0, [(100, 50)]), empty])[1][0] == 1


def test_boxes_and_their_overlap():
    box = boxes(people(np.array([STANDING, STANDING + 10])), 2.0)
    np.testing.assert_allclose(box[0], (-0.4, -0.5, 0.4, 1.5))
    assert iou(box, box).tolist() == [[pytest.approx(1.0), 0.0], [0.0, pytest.approx(1.0)]]


def test_with_motion_flow_speaks_for_those_whose_way_nobody_knows():
    """It is asked about the first pair of frames, says that both changed places, and is not asked again."""
    asked = []

    def swap(before, after, head, stage):
        asked.append(before.number)
        return np.array([[0.0, 1], [1, 0]])

    options = TML.options(alpha=0.9, refine=False, memory=0, motion=1)
    standing = [seen(n, [(100, 50), (145, 50)]) for n in range(4)]
    changed = [[0, 1], [1, 0], [0, 1], [1, 0]]

    def tracked(**changes):
        asked.clear()
        return ids(TML.open(options.model_copy(update=changes), Setting(SKELETON, evidence=swap)), standing)

    assert tracked(motion=0.0) == changed
    assert asked == [0, 1, 2]
    assert tracked() == [[0, 1], *[[1, 0]] * 3]  # by flow, then by the way that flow made known
    assert asked == [0]
    assert tracked(alpha=0.0) == [[0, 1]] * 4
    assert asked == []
