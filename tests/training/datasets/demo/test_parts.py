import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smpl_assets.backgrounds.builtin import SCENES
from smpl_assets.render.studio.people import PosedBody
from training.datasets.demo import cast
from training.datasets.demo.camera import develop, draw_development, draw_sensor
from training.datasets.demo.places import DemoPlaces
from training.datasets.demo.plan import PicturePlan, PictureShape, plan_pictures, unusual_people
from training.datasets.demo.staging import draw_camera, draw_prop, stage_people


@settings(deadline=None, max_examples=25)
@given(st.integers(1, 300), st.integers(64, 400), st.integers(0, 2**40))
def test_everyone_is_on_exactly_one_picture(people, side, seed):
    pictures = plan_pictures(people, side, seed)
    assert sorted(p for picture in pictures for p in picture.people) == list(range(people))
    assert [p.number for p in pictures] == list(range(len(pictures)))
    assert sum(not p.people for p in pictures) >= 2
    assert all(max(p.shape.width, p.shape.height) == side for p in pictures)


@pytest.mark.parametrize(("people", "expected"), [(400, 20), (200, 10), (30, 2), (10, 1), (5, 0)])
def test_a_twentieth_of_the_people_is_unusual(people, expected):
    assert unusual_people(people, 4, 0.05).sum() == expected


def test_a_set_may_have_more_unusual_people_or_none():
    assert unusual_people(100, 4, 0.4).sum() == 40
    assert not unusual_people(100, 4, 0.0).any()


def person(seed):
    rng = np.random.default_rng(seed)
    points = (rng.normal(size=(400, 3)) * [0.2, 0.45, 0.15]).astype(np.float32)
    return PosedBody(points, points[:17], points[:24], np.zeros(17))


@pytest.mark.parametrize("seed", range(12))
def test_people_are_placed_before_the_camera_and_mostly_in_the_frame(seed):
    rng = np.random.default_rng(seed)
    plan = PicturePlan(0, seed, PictureShape(256, 192), (0, 1))
    camera = draw_camera(plan.shape, rng)
    first, second = stage_people(plan, [person(seed), person(seed + 50)], camera, rng)
    assert first.vertices[:, 2].min() > 0.2
    assert np.median(second.vertices[:, 2]) > np.median(first.vertices[:, 2])
    pixel = camera.intrinsics[:2] * first.keypoints[:, :2] / first.keypoints[:, 2:] + camera.intrinsics[2:]
    assert ((pixel >= 0) & (pixel <= [256, 192])).all(1).sum() >= 13
    np.testing.assert_allclose(first.vertices - first.vertices[0], person(seed).vertices - person(seed).vertices[0], atol=1e-4)


def test_truncated_people_are_cut_by_the_frame():
    cut = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        plan = PicturePlan(0, seed, PictureShape(192, 256), (0,), truncated=True)
        camera = draw_camera(plan.shape, rng)
        (body,) = stage_people(plan, [person(seed)], camera, rng)
        pixel = camera.intrinsics[:2] * body.vertices[:, :2] / body.vertices[:, 2:] + camera.intrinsics[2:]
        cut += not ((pixel >= 0) & (pixel <= [192, 256])).all()
    assert cut == 20


@pytest.mark.parametrize("seed", range(8))
def test_props_stand_before_the_person(seed):
    rng = np.random.default_rng(seed)
    plan = PicturePlan(0, seed, PictureShape(256, 256), (0,))
    camera = draw_camera(plan.shape, rng)
    (body,) = stage_people(plan, [person(seed)], camera, rng)
    prop = draw_prop(body, camera, rng)
    assert prop.vertices[:, 2].min() > 0.05
    assert prop.vertices[:, 2].mean() < np.median(body.vertices[:, 2])
    corners = prop.vertices[prop.faces]
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    assert ((corners.mean(1) - prop.vertices.mean(0)) * normal).sum(1).min() > 0


def test_splits_share_no_procedural_place():
    train, validation = (DemoPlaces(split)._numbers for split in ("train", "validation"))
    assert not set(train) & set(validation)
    assert len(train) + len(validation) == SCENES
    assert len({n % 6 for n in validation}) == 6


def test_development_keeps_size_and_changes_the_picture():
    image = np.random.default_rng(0).integers(0, 255, (60, 80, 3)).astype(np.uint8)
    image = cv2.GaussianBlur(image, (0, 0), 3)
    how = draw_development(np.random.default_rng(1))
    found = cv2.imdecode(np.frombuffer(develop(image, how), np.uint8), cv2.IMREAD_COLOR_RGB)
    assert found.shape == image.shape
    assert 3 < np.abs(found.astype(int) - image).mean() < 60
    assert develop(image, how) == develop(image, how)


def test_sensors_differ_from_picture_to_picture():
    first, second = (draw_sensor(np.random.default_rng(i), i) for i in range(2))
    assert first != second
    assert 2 <= first.noise <= 6


def test_most_people_stand_walk_or_sit_and_the_unusual_do_not():
    unusual = unusual_people(120, 1, 0.05)
    parameters, postures = cast._draw(120, unusual, 1)
    common = np.array([label in ("standing", "walking", "sitting", "standing wide", "running") for label in postures])
    assert common[~unusual].mean() > 0.55
    assert not common[unusual].any()
    assert len(parameters) == 120
    assert all(np.abs(p.shape).max() <= 2.2 for p in parameters)


def test_three_people_of_one_sex_share_a_look_but_never_neighbours():
    female = np.arange(96) % 2 == 0
    seeds = cast._look_seeds(range(96), female, 5)
    counts = np.unique(seeds, return_counts=True)[1]
    assert counts.max() == 3
    assert not any(seeds[i] == seeds[j] for i in range(96) for j in range(i + 1, min(i + 8, 96)))
    assert not {seeds[i] for i in range(96) if female[i]} & {seeds[i] for i in range(96) if not female[i]}
