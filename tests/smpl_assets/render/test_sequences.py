"""Sequences: a camera that moves with its background, people who keep what they wear, labels of every frame."""

from __future__ import annotations

import itertools
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from smpl_assets.backgrounds.builtin import SCENES, BuiltinBackgrounds, place_name
from smpl_assets.body.settings import BodySettings
from smpl_assets.motion.keys import KeyPoses
from smpl_assets.render.sequences.cast import Repertoire
from smpl_assets.render.sequences.film import FilmedFrame, FilmStudio
from smpl_assets.render.sequences.places import Places
from smpl_assets.render.sequences.settings import SequenceSettings
from smpl_assets.render.sequences.view import draw_view
from smpl_assets.render.sequences.wardrobe import team_look
from smpl_assets.render.settings import RenderSettings
from smpl_assets.render.studio.camera_draw import SensorDraw
from smpl_assets.render.visibility import project_points
from smpl_assets.seeds import numpy_generator

SMALL = SequenceSettings(frames=3, width=96, height=72, people=(2, 3), blur_share=0, moving_camera_share=0, occluder_share=0)
RENDER = RenderSettings(backgrounds="builtin", image_size=96)


@cache
def studio(settings: SequenceSettings = SMALL, seed: int = 3) -> FilmStudio:
    places, sensor = Places(BuiltinBackgrounds(), False), SensorDraw(RENDER, ())
    repertoire = Repertoire(KeyPoses.extreme(seed))
    return FilmStudio(settings, RENDER, BodySettings(name="anny"), sensor, places, repertoire, seed)


@cache
def filmed(number: int, settings: SequenceSettings = SMALL) -> list[FilmedFrame]:
    made = studio(settings)
    return list(made.film(made.scenery(number)))


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_what_stands_in_the_world_and_what_is_painted_behind_move_alike(share: float) -> None:
    moving = SMALL.model_copy(update={"moving_camera_share": 1.0})
    view, _ = draw_view(moving, np.random.default_rng(5))
    assert view.moves
    place = np.zeros((144, 144, 3), np.uint8)
    place[70:74, 70:74] = 255  # its middle
    far = np.array([[0.0, 0.0, 1e6]])  # what is in the middle of a still view
    camera = view.camera(share, 0.7)
    x, y = project_points(far, camera)[0]
    seen = view.behind(place, share, 0.7)[..., 0].astype(np.float64)
    rows, columns = np.mgrid[: view.height, : view.width] + 0.5
    assert (seen * columns).sum() / seen.sum() == pytest.approx(x, abs=0.1)
    assert (seen * rows).sum() / seen.sum() == pytest.approx(y, abs=0.1)
    width = np.sqrt(seen.sum() / 255)
    assert width == pytest.approx(4 * camera.intrinsics[0] / view.focal, rel=0.08)


def test_the_ground_is_the_floor_of_the_scene() -> None:
    view, ground = draw_view(SMALL, np.random.default_rng(1))
    spots = np.array([[x, 0.0, z] for x in (-1, 1) for z in (-ground.half_depth, ground.half_depth)])
    floor = np.array(view.floor)
    assert view.to_camera(spots) @ floor[:3] == pytest.approx(floor[3])
    assert view.to_camera(np.array([0.0, 1.7, 0.0])) @ floor[:3] - floor[3] == pytest.approx(1.7)
    edge = project_points(view.to_camera(np.array([[ground.half_width, 0.9, 0.0]])), view.camera(0.5, 0.0))
    assert edge[0] == pytest.approx([SMALL.width, SMALL.height / 2], abs=2)


def test_everybody_has_the_same_id_in_every_frame_and_labels_where_they_are() -> None:
    frames, checked = filmed(1), 0
    assert all(f.image.shape == (72, 96, 3) for f in frames)
    for frame in frames:
        assert len(set(frame.ids.tolist())) == len(frame.ids)
        for row in np.flatnonzero(frame.seen.sum(axis=1) >= 13):  # joints at the rims of the hidden count as seen
            x, y, width, height = frame.boxes[row]
            checked += 1
            seen = frame.keypoints[row, frame.seen[row]]
            assert (seen > [x - 2, y - 2]).all()
            assert (seen < [x + width + 2, y + height + 2]).all()
    assert checked
    for before, after in itertools.pairwise(frames):
        both = np.intersect1d(before.ids, after.ids)
        assert len(both)


def test_hidden_joints_have_places_and_those_outside_are_said_to_be() -> None:
    crowd = SMALL.model_copy(update={"people": (5, 5), "leaving_share": 0.6})
    frames = [f for n in range(2) for f in filmed(n, crowd)]
    assert any((f.in_frame & ~f.seen).any() for f in frames)
    for frame in frames:
        assert np.isfinite(frame.keypoints[frame.in_frame]).all()
        assert not (frame.seen & ~frame.in_frame).any()
        inside = ((frame.keypoints >= 0) & (frame.keypoints < [96, 72])).all(axis=2)
        assert (inside == frame.in_frame).all()


def test_the_head_box_holds_head_top_and_nose_and_is_a_head_wide() -> None:
    for frame in filmed(1):
        low, high = frame.heads[:, :2], frame.heads[:, 2:]
        for joint in (13, 14):  # nose, head top
            point = frame.keypoints[:, joint]
            assert (point >= low - 1).all()
            assert (point <= high + 1).all()
        size = 0.6 * np.linalg.norm(high - low, axis=1)
        assert (size > 0.07 * frame.heights).all()
        assert (size < 0.16 * frame.heights).all()


def test_a_sequence_is_the_same_whoever_was_filmed_before() -> None:
    other = studio(SMALL.model_copy(update={"same_shirt_share": 0.2}))  # the same settings, another studio
    frames = list(other.film(other.scenery(1)))
    assert all((a.image == b.image).all() for a, b in zip(frames, filmed(1), strict=True))
    assert any((a.image != b.image).any() for a, b in zip(frames, filmed(0), strict=True))


def test_time_between_frames_gives_the_speed_that_was_drawn() -> None:
    for speed in (0.08, 0.3):
        settings = SMALL.model_copy(update={"speed": (speed, speed), "frames": 12, "people": (4, 4)})
        cast = [studio(settings).scenery(number).cast for number in range(3)]
        assert np.median([c.moves for c in cast]) == pytest.approx(speed, rel=0.15)


def test_blur_is_the_mean_of_moments_and_leaves_labels_alone() -> None:
    made = studio()
    scenery = made.scenery(0)
    sharp = list(made.film(scenery))[1]
    blurred = list(made.film(replace(scenery, exposure_s=0.08)))[1]
    assert np.abs(sharp.image.astype(int) - blurred.image).max() > 30
    both = sharp.in_frame & blurred.in_frame
    assert np.abs(sharp.keypoints - blurred.keypoints)[both].max() < 6
    assert np.abs(sharp.image.astype(float).mean() - blurred.image.mean()) < 2


def test_a_team_shares_its_clothes_and_nothing_else() -> None:
    one, other = (team_look(seed, 0.0, 8).outfit for seed in (1, 2))
    assert one is not None
    assert other is not None
    assert [g.fabric.seed for g in one.garments] == [g.fabric.seed for g in other.garments]
    assert one.summary[:-2] == other.summary[:-2]
    assert not np.allclose(one.face.skin, other.face.skin)


def test_splits_have_places_of_their_own() -> None:
    train, validation = (Places(BuiltinBackgrounds(), held_back) for held_back in (False, True))
    rng = numpy_generator(0, "places")
    ours, theirs = ({p.draw(rng, 32)[1] for _ in range(60)} for p in (train, validation))
    assert not ours & theirs
    assert len(theirs) > 5
    assert not train.shared + validation.shared
    assert {f"builtin:{place_name(n)}" for n in range(SCENES)} > theirs - {"builtin:china.jpg"}
