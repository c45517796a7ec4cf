import dataclasses

import numpy as np

from smpl_assets.drawing.palette import GREY, rgb
from smpl_assets.drawing.track_colours import track_colour
from smpl_assets.skeletons import get_skeleton
from tests.training.datasets.sequences import people
from training.tracking.people import UNTRACKED
from training.video.overlay import TRAIL, Overlay

SKELETON = get_skeleton("posetrack15")
BLANK = np.full((480, 640, 3), 128, np.uint8)


def _is(image, colour):
    return np.argwhere(np.abs(image.astype(int) - rgb(colour)).max(2) < 12)


def test_everybody_has_the_colour_of_the_track():
    drawn = Overlay(SKELETON).draw(BLANK, people(np.array([[60.0, 80.0], [220.0, 80.0]]), [3, 8]))
    assert _is(drawn, track_colour(3))[:, 1].mean() < 140 < _is(drawn, track_colour(8))[:, 1].mean()
    assert (BLANK == 128).all()


def test_colours_are_told_apart_and_never_end():
    first = [track_colour(n) for n in range(24)]
    assert len({track_colour(n) for n in range(100)}) == 100
    assert track_colour(UNTRACKED) == GREY
    assert track_colour(5) == first[5]


def test_a_joint_that_was_not_seen_is_hollow():
    one = people(np.array([[100.0, 60.0]]), [0])
    seen = one.visible.copy()
    seen[0, 0] = False
    x, y = np.round(one.keypoints[0, 0] - 0.5).astype(int)
    full, hollow = (Overlay(SKELETON).draw(BLANK, dataclasses.replace(one, visible=v)) for v in (one.visible, seen))
    assert np.abs(full[y, x].astype(int) - rgb(track_colour(0))).max() < 12
    assert hollow[y, x].min() > 240


def test_a_trail_follows_and_fades_when_its_person_is_gone():
    overlay = Overlay(SKELETON)
    for number in range(TRAIL + 5):
        drawn = overlay.draw(BLANK, people(np.array([[20.0 + 10 * number, 60.0]]), [0]))
    behind = np.argwhere((drawn[100:120] != 128).any(2))[:, 1]
    assert 20 + 10 * 5 - 5 <= behind.min() < 20 + 10 * 6  # as far back as the trail is long
    nobody = people(np.zeros((0, 2)), [])
    assert (overlay.draw(BLANK, nobody) != 128).any()
    for _ in range(TRAIL):
        drawn = overlay.draw(BLANK, nobody)
    assert (drawn == 128).all()


def test_people_outside_the_picture_and_without_joints_are_no_error():
    far = people(np.array([[-5000.0, 9000.0], [100.0, 60.0]]), [0, 1])
    gone = far.keypoints.copy()
    gone[1] = np.nan
    assert Overlay(SKELETON).draw(BLANK, dataclasses.replace(far, keypoints=gone)).shape == BLANK.shape
