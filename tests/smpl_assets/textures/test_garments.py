import numpy as np
import pytest

from smpl_assets.textures.garments import Bottom, Footwear, Skirt, Top
from smpl_assets.textures.patches import get_patch


def near(points, place, reach=0.04):
    return np.linalg.norm(points.position - place, axis=1) < reach


@pytest.fixture(scope="module")
def skin():
    return get_patch("body").points


def test_a_tshirt_covers_chest_and_upper_arm_but_no_wrist_neck_or_thigh(skin):
    inside = Top(0.0, 0.16).inside(skin)
    assert (inside[near(skin, [0, 0.40, 0.12], 0.08)] > 0).all()
    assert (inside[skin.on_arm & (skin.along_arm > 0.02) & (skin.along_arm < 0.13)] > 0).mean() > 0.97
    assert (inside[skin.part("hand") > 0.5] < 0).all()
    assert (inside[skin.y < -0.1] < 0).all()
    assert (inside[skin.y > 0.64] < 0).all()


def test_the_cut_is_a_distance_in_metres(skin):
    low, high = Top(0.0, 0.16).inside(skin), Top(0.05, 0.16).inside(skin)
    at_hem = ~skin.on_arm & (np.abs(skin.y - 0.02) < 0.02)
    np.testing.assert_allclose(low[at_hem], skin.y[at_hem], atol=1e-5)
    np.testing.assert_allclose(high[at_hem], skin.y[at_hem] - 0.05, atol=1e-5)


def test_longer_sleeves_cover_more(skin):
    arm = skin.on_arm & (skin.part("hand") < 0.2)
    shares = [(Top(0.0, sleeve).inside(skin)[arm] > 0).mean() for sleeve in (-0.02, 0.16, 0.445)]
    assert shares[0] < 0.05
    assert 0.3 < shares[1] < 0.5
    assert shares[2] > 0.95


@pytest.mark.parametrize("shape", ["v", "scoop"])
def test_a_deep_neckline_opens_the_front_only(skin, shape):
    crew, deep = Top(0.0, 0.16).inside(skin), Top(0.0, 0.16, 0.08, shape).inside(skin)
    opened = (crew > 0) & (deep < 0)
    assert opened.any()
    assert skin.z[opened].min() > 0
    assert skin.y[opened].min() > 0.40


def test_an_open_jacket_is_open_in_front(skin):
    inside = Top(0.0, 0.445, open_m=0.05).inside(skin)
    assert (inside[(skin.side < 0.02) & (skin.front > 0.3) & (skin.y < 0.5) & (skin.y > 0)] < 0).all()
    assert (inside[(skin.side < 0.05) & (skin.front < -0.5) & (skin.y < 0.5) & (skin.y > 0.05)] > 0).all()


def test_trousers_end_at_waist_and_ankle_and_shorts_show_the_knee(skin):
    long, short = Bottom(0.15, -0.755).inside(skin), Bottom(0.15, -0.25).inside(skin)
    knee = near(skin, [0.158, -0.37, 0.07], 0.05)
    assert (long[knee] > 0).all()
    assert (short[knee] < 0).all()
    assert (long[skin.y > 0.2] < 0).all()
    assert (long[skin.on_arm] < 0).all()


def test_a_skirt_ends_at_its_hem():
    points = get_patch("skirt").points
    inside = Skirt(0.185, -0.3).inside(points)
    assert (inside[points.y > -0.29] > -0.01).all()
    assert (inside[points.y < -0.31] < 0).all()


def test_boots_reach_higher_than_shoes_and_nothing_beyond_the_leg(skin):
    shoe, boot = Footwear(-0.74).inside(skin), Footwear(-0.6).inside(skin)
    foot = skin.part("foot") > 0.9
    assert (boot >= shoe - 1e-6).all()
    assert (shoe[foot & (skin.y < -0.78)] > 0).all()
    assert (boot[skin.y > -0.55] < 0).all()


@pytest.mark.parametrize(
    ("patch", "garment"),
    [("top", Top(0.0, 0.16)), ("bottom", Bottom(0.15, -0.755)), ("skirt", Skirt(0.185, -0.3)), ("feet", Footwear(-0.74))],
)
def test_cloth_stands_off_the_body_by_millimetres_to_a_few_centimetres(patch, garment):
    ease = garment.ease(get_patch(patch).points)
    assert ease.min() > 0
    assert ease.max() < 0.06
