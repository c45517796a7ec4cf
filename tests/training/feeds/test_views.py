import cv2
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.training.conftest import PEOPLE
from training.feeds.crops import CropDataset
from training.feeds.jitter import Jitter
from training.feeds.transforms import DENSITY, apply_affine, compose, crop_matrix, invert, warp
from training.feeds.views import FirstCome, Spread, View, view_of
from training.recipes import recipe_of

SIZE, SPREAD = (128, 96), Spread(45.0, 0.3, 0.1)
JITTERS = [
    Jitter(),
    Jitter(1.3, 45.0, (0.1, 0.1)),
    Jitter(0.7, -45.0, (-0.1, 0.1), flip=True),
    Jitter(1.3, -20.0, (-0.1, -0.1)),
]


def crops(image, region, jitter) -> tuple[np.ndarray, np.ndarray]:
    """The crop of the whole image and that of its view."""
    matrix = crop_matrix(region, SIZE, 1.25, jitter)
    view = view_of(image, region, SIZE, 1.25, SPREAD)
    return warp(image, matrix, SIZE), warp(view.image, compose(matrix, view.matrix), SIZE)


@pytest.mark.parametrize("jitter", JITTERS)
def test_crops_of_a_view_are_crops_of_the_image(jitter):
    image = np.random.default_rng(0).integers(0, 256, (300, 260, 3)).astype(np.uint8)
    whole, viewed = crops(image, np.array([110.0, 110.0, 40.0, 60.0]), jitter)
    away = np.abs(whole.astype(int) - viewed)
    assert away.max() <= 1  # OpenCV rounds places to 1 / 32 px, now and then to the other side
    assert (away > 0).mean() < 2e-3
    assert (whole == 0).all(2).mean() < 0.02  # the region is inside: nothing black beyond its reach


@pytest.mark.parametrize("jitter", JITTERS)
def test_crops_of_a_reduced_view_differ_by_resampling_only(jitter):
    noise = np.random.default_rng(0).integers(0, 256, (900, 800, 3)).astype(np.uint8)
    image = cv2.GaussianBlur(noise, (0, 0), 12) * 4.0 - 384.0
    whole, viewed = crops(image.astype(np.uint8), np.array([200.0, 150.0, 400.0, 500.0]), jitter)
    assert np.abs(whole.astype(int) - viewed).mean() < 2


@pytest.mark.parametrize("jitter", JITTERS)
def test_a_painted_spot_of_a_reduced_view_lands_where_its_keypoint_lands(jitter):
    image = np.zeros((900, 800, 3), np.uint8)
    image[430:450, 510:530] = 255
    region = np.array([200.0, 150.0, 400.0, 500.0])
    _, crop = crops(image, region, jitter)
    rows, columns = np.mgrid[: SIZE[0], : SIZE[1]]
    weight = crop[..., 0] / crop[..., 0].sum()
    found = np.array([(weight * (columns + 0.5)).sum(), (weight * (rows + 0.5)).sum()])
    assert np.abs(found - apply_affine(crop_matrix(region, SIZE, 1.25, jitter), np.array([520.0, 440.0]))).max() < 0.1


@given(
    st.floats(-1, 1), st.floats(-1, 1), st.floats(-1, 1), st.floats(-1, 1), st.floats(0, 180), st.floats(5, 90), st.floats(5, 90)
)
@settings(deadline=None, max_examples=100)
def test_a_view_holds_whatever_a_crop_shows(scale, turn, right, down, rotation, width, height):
    spread = Spread(rotation, 0.3, 0.1)
    region = np.array([250.0 - width / 2, 250.0 - height / 2, width, height])
    view = view_of(np.zeros((500, 500, 3), np.uint8), region, SIZE, 1.25, spread)
    jitter = Jitter(1 + 0.3 * scale, turn * rotation, (0.1 * right, 0.1 * down))
    corners = np.array([[0.0, 0.0], [96.0, 0.0], [0.0, 128.0], [96.0, 128.0]])
    places = apply_affine(compose(invert(view.matrix), invert(crop_matrix(region, SIZE, 1.25, jitter))), corners)
    assert (places >= 0).all()
    assert (places <= [view.image.shape[1], view.image.shape[0]]).all()


def test_a_view_is_bounded_however_large_the_image():
    image = np.zeros((3000, 2500, 3), np.uint8)
    view = view_of(image, np.array([300.0, 300.0, 1500.0, 2000.0]), SIZE, 1.25, Spread(180.0, 0.3, 0.0))
    diagonal = np.hypot(*SIZE) * 1.3 * DENSITY
    assert max(view.image.shape[:2]) <= diagonal + 3


def test_somebody_outside_of_the_image_is_black():
    image = np.full((50, 60, 3), 200, np.uint8)
    assert not crops(image, np.array([500.0, 500.0, 40.0, 60.0]), Jitter())[1].any()


def test_the_cache_keeps_what_fits_and_makes_the_rest_anew():
    made = []

    def view(key: str) -> View:
        made.append(key)
        return View(np.zeros((10, 10, 3), np.uint8), np.eye(2, 3))

    cache = FirstCome[View](650)
    for key in "abcabc":
        cache.get(key, lambda: view(key))  # noqa: B023
    assert made == ["a", "b", "c", "c"]
    assert cache.size == 600


def test_items_do_not_depend_on_what_is_kept(world, quick):
    recipe, options = recipe_of("drp+asrpt"), quick(colour=0.2, rotation_deg=180.0)
    cold, warm = (
        CropDataset(world.samples(recipe, 1.0), world.images(recipe, s), s, 0, 100)
        for s in (options.model_copy(update={"cache_mb": 0}), options)
    )
    for visit in range(2 * PEOPLE):
        assert torch.equal(cold[visit].image, warm[visit].image)
    reads = []
    read = warm.images.read
    warm.images.read = lambda *a: reads.append(a) or read(*a)
    assert torch.equal(warm[3].image, cold[3].image)
    assert not reads


def test_the_settings_that_move_no_result_are_no_part_of_a_training(quick):
    assert quick(cache_mb=7, workers=3).of_training() == quick().of_training()
