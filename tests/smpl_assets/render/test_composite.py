"""Composite: scene by scene and in batches, pixel truth of coverage, shadows, other people."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
import torch

from smpl_assets.render.compose.batch import compose_batch
from smpl_assets.render.compose.composite import compose, ground_shadow
from smpl_assets.render.protocol import Picture, RenderOutput, get_backend
from smpl_assets.scene import Camera, SceneSpec
from smpl_assets.sensor import SensorSpec, develop, srgb_table
from tests.smpl_assets.render.conftest import SIZE, person, plain, quad, scene

RED, GREEN = (200, 20, 20), (20, 200, 20)
SENSORS = {
    "plain": SensorSpec(),
    "exposed": SensorSpec(exposure=1.3, white_balance=(1.1, 1.0, 0.9)),
    "grey": SensorSpec(saturation=0.0),
    "soft": SensorSpec(defocus_px=1.2),
    "moved": SensorSpec(motion_px=6.0, motion_rad=0.7),
    "noisy": SensorSpec(noise=4.0, seed=3),
}


def shot(spec: SceneSpec) -> tuple[RenderOutput, Picture]:
    output = get_backend("warp").render([spec])[0]
    return output, compose(spec, output)


def test_the_person_lies_over_the_background():
    spec = scene(person(quad(2.0, 0.4, plain(RED), roughness=1.0, specular=0.0)))
    _, picture = shot(spec)
    assert np.array_equal(picture.background, spec.background)
    inside = np.zeros((SIZE, SIZE), bool)
    inside[22:42, 22:42] = True
    assert np.abs(picture.image[inside].astype(int) - develop(srgb_table()[list(RED)], SensorSpec())).max() <= 1
    assert np.array_equal(picture.image[~inside], spec.background[~inside])
    assert np.array_equal(picture.person[..., 3], 255 * inside)


def test_where_the_person_covers_a_quarter_the_image_is_a_quarter_theirs():
    spec = scene(person(quad(2.0, 0.41, plain(RED), roughness=1.0, specular=0.0)))
    output, picture = shot(spec)
    share = output.subject[32, 21, 3] / 255
    assert 0.2 < share < 0.8
    mixed = share * picture.person[32, 21, :3] + (1 - share) * picture.background[32, 21]
    assert np.abs(picture.image[32, 21] - mixed).max() <= 1.5


def test_others_are_part_of_the_background():
    spec = scene(person(quad(2.0, 0.2, plain(RED))), person(quad(3.0, 0.9, plain(GREEN), roughness=1.0, specular=0.0)))
    _, picture = shot(spec)
    assert picture.background[24, 32, 1] > 150
    assert picture.person[24, 32, 3] == 0
    assert picture.image[32, 32, 0] > 150


def floored(strength: float) -> SceneSpec:
    """A small square over a floor 0.3 m below the camera."""
    base = scene(person(quad(2.0, 0.3, plain(RED, 32))))
    layer = base.people[0].layers[0]
    dense = replace(layer, vertices=np.repeat(layer.vertices, 200, axis=0), faces=200 * layer.faces)
    light = replace(base.lighting, shadow_strength=strength, shadow_direction=np.array([0.0, -1.0, 0.0]))
    people = (replace(base.people[0], layers=(dense,)),)
    return replace(base, people=people, lighting=light, floor=(0.0, -1.0, 0.0, -0.15))


def test_a_shadow_lies_on_the_floor_below_and_nowhere_else():
    spec = floored(0.8)
    shadow = ground_shadow(spec)
    assert shadow is not None
    _, picture = shot(spec)
    darker = spec.background[..., 0].astype(int) - picture.background[..., 0]
    assert darker[38:42, 24:40].max() > 10  # the floor's line 0.15 m below the axis, at 2 m: 7.5 px under the middle
    assert darker[:20].max() == 0
    assert ground_shadow(floored(0.0)) is None


def test_a_shadow_out_of_the_picture_is_none():
    spec = floored(0.8)
    assert ground_shadow(replace(spec, floor=(0.0, -1.0, 0.0, -5.0))) is None


def left_of(spec: SceneSpec) -> np.ndarray:
    """What the shadow leaves of every pixel's value, 255: all."""
    shadow = ground_shadow(spec)
    assert shadow is not None
    whole = np.full(spec.background.shape[:2], 255, np.uint8)
    whole[shadow.rows, shadow.columns] = shadow.left
    return whole.astype(np.float32)


def lit_from_above(spec: SceneSpec, strength: float) -> SceneSpec:
    light = replace(spec.lighting, shadow_strength=strength, shadow_direction=np.array([0.4, -0.8, -0.2]) / np.sqrt(0.84))
    return replace(spec, lighting=light)


def enlarged(spec: SceneSpec, factor: int) -> SceneSpec:
    side = factor * spec.camera.width
    background = cv2.resize(spec.background, (side, side))
    return replace(spec, camera=Camera(side, side, factor * spec.camera.intrinsics), background=background)


def test_a_shadow_is_as_dark_in_a_larger_picture(dressed_scenes):
    for spec in dressed_scenes:
        whole = [left_of(lit_from_above(enlarged(spec, k), 0.8)) for k in (2, 8)]
        a, b = (cv2.resize(left, (128, 128), interpolation=cv2.INTER_AREA) for left in whole)
        dark = 255 - np.minimum(a, b)
        assert dark.max() > 60
        assert np.abs(a - b).sum() < 0.2 * dark.sum()


def test_only_a_strong_light_casts_the_whole_body(dressed_scenes):
    for spec in dressed_scenes:
        sun, sky = (255 - left_of(lit_from_above(spec, strength)) for strength in (0.8, 0.5))
        assert (sun > 25).sum() > 1.5 * (sky > 25).sum()


@pytest.mark.parametrize("name", SENSORS)
@pytest.mark.parametrize("crowd", [False, True], ids=["alone", "others"])
def test_a_batch_is_composed_as_its_scenes_are(name, crowd):
    people = [person(quad(2.0, 0.41, plain(RED))), *([person(quad(3.0, 0.9, plain(GREEN)))] if crowd else [])]
    background = np.random.default_rng(1).integers(0, 256, (SIZE, SIZE, 3)).astype(np.uint8)
    one = replace(scene(*people), background=background, sensor=SENSORS[name])
    other = replace(floored(0.7), sensor=SensorSpec(defocus_px=0.5))
    outputs = get_backend("warp").render([one, other])
    subject, others = (torch.from_numpy(np.stack([getattr(o, n) for o in outputs])) for n in ("subject", "others"))
    found = compose_batch([one, other], subject, others if crowd else None)
    for spec, output, picture in zip((one, other), outputs, found, strict=True):
        expected = compose(spec, output)
        for part in ("image", "background"):
            off = np.abs(getattr(picture, part).astype(int) - getattr(expected, part))
            assert off.max() <= 3, part
            assert off.mean() < 0.3, part
        assert np.abs(picture.person[..., 3].astype(int) - expected.person[..., 3]).max() <= 2
        solid = expected.person[..., 3] > 64
        assert np.abs(picture.person[solid].astype(int) - expected.person[solid]).max() <= 4


def test_what_covers_too_little_of_a_pixel_for_the_mask_is_drawn_all_the_same():
    """A speck on one sample of a pixel, away from a square: in the picture, but not in the mask or its box."""
    square, speck = quad(2.0, 0.3, plain(RED)), quad(2.0, 0.006, plain(RED), at=(0.405, 0.005))
    output, picture = shot(scene(person(square, speck)))
    assert output.owner[32, 52] == -1
    assert output.bbox[0, 0] + output.bbox[0, 2] < 45
    assert output.subject[32, 52, 3] == 64
    assert picture.person[32, 52, 3] == 64
    assert np.array_equal(picture.person[..., 3], output.subject[..., 3])
