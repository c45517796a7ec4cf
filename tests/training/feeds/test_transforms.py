import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.feeds.jitter import Jitter, draw_jitter
from training.feeds.transforms import apply_affine, crop_matrix, invert, person_region, warp

REGION = np.array([30.0, 20.0, 40.0, 60.0])
JITTERS = [
    Jitter(),
    Jitter(flip=True),
    Jitter(rotation_deg=90.0),
    Jitter(rotation_deg=-30.0, scale=0.8),
    Jitter(shift=(0.1, -0.05), scale=1.2, rotation_deg=17.0, flip=True),
]


def centroid(image: np.ndarray) -> np.ndarray:
    """The centre of brightness in continuous px."""
    weight = image[..., 0].astype(float)
    rows, columns = np.mgrid[: image.shape[0], : image.shape[1]]
    return np.array([(weight * (columns + 0.5)).sum(), (weight * (rows + 0.5)).sum()]) / weight.sum()


@pytest.mark.parametrize("jitter", JITTERS)
@pytest.mark.parametrize("pixel", [(50, 50), (38, 61), (60, 33)])
def test_a_painted_pixel_lands_where_its_keypoint_lands(jitter, pixel):
    image = np.zeros((100, 100, 3), np.uint8)
    image[pixel[1], pixel[0]] = 255
    matrix = crop_matrix(REGION, (256, 192), 1.25, jitter)
    found = centroid(warp(image, matrix, (256, 192)))
    expected = apply_affine(matrix, np.array([pixel[0] + 0.5, pixel[1] + 0.5]))
    assert np.abs(found - expected).max() < 0.05


@pytest.mark.parametrize("jitter", JITTERS)
def test_shrinking_keeps_the_place(jitter):
    image = np.zeros((900, 900, 3), np.uint8)
    image[430:450, 510:530] = 255
    matrix = crop_matrix(np.array([100.0, 50.0, 700.0, 800.0]), (128, 96), 1.25, jitter)
    found = centroid(warp(image, matrix, (128, 96)))
    assert np.abs(found - apply_affine(matrix, np.array([520.0, 440.0]))).max() < 0.1


def test_shrinking_does_not_alias():
    checker = np.indices((800, 800)).sum(0) % 2 * 255
    image = np.repeat(checker[..., None], 3, 2).astype(np.uint8)
    crop = warp(image, crop_matrix(np.array([0.0, 0.0, 800.0, 800.0]), (96, 96), 1.0), (96, 96))
    assert abs(float(crop.mean()) - 127.5) < 2
    assert float(crop.std()) < 10


def test_the_identity_crop_is_the_image():
    image = np.random.default_rng(0).integers(0, 256, (64, 96, 3)).astype(np.uint8)
    matrix = crop_matrix(np.array([0.0, 0.0, 96.0, 64.0]), (64, 96), 1.0)
    assert np.array_equal(warp(image, matrix, (64, 96)), image)
    mirrored = warp(image, crop_matrix(np.array([0.0, 0.0, 96.0, 64.0]), (64, 96), 1.0, Jitter(flip=True)), (64, 96))
    assert np.array_equal(mirrored, image[:, ::-1])


@given(
    x=st.floats(-50, 150), y=st.floats(-50, 150), angle=st.floats(-180, 180), scale=st.floats(0.5, 2), flip=st.booleans(),
)  # fmt: skip
@settings(deadline=None, max_examples=60)
def test_there_and_back(x, y, angle, scale, flip):
    matrix = crop_matrix(REGION, (256, 192), 1.25, Jitter(scale, angle, flip=flip))
    point = np.array([x, y])
    assert np.allclose(apply_affine(invert(matrix), apply_affine(matrix, point)), point, atol=1e-6)


def test_flipping_twice_is_the_identity():
    once = crop_matrix(REGION, (256, 192), jitter=Jitter(flip=True))
    plain = crop_matrix(REGION, (256, 192))
    mirror = np.array([[-1.0, 0.0, 192.0], [0.0, 1.0, 0.0]])
    points = np.random.default_rng(1).uniform(0, 100, (5, 2))
    assert np.allclose(apply_affine(mirror, apply_affine(once, points)), apply_affine(plain, points))


def test_rotation_is_counter_clockwise_about_the_regions_middle():
    matrix = crop_matrix(REGION, (256, 256), 1.0, Jitter(rotation_deg=90.0))
    middle, right = apply_affine(matrix, np.array([[50.0, 50.0], [60.0, 50.0]]))
    assert np.allclose(middle, [128, 128])
    assert right[0] == pytest.approx(128)
    assert right[1] < 128


def test_the_region_fills_the_padded_crop_without_squashing():
    matrix = crop_matrix(REGION, (256, 192), 1.25)
    assert np.allclose(matrix[0, 0], matrix[1, 1])
    assert matrix[0, 1] == 0
    corners = apply_affine(matrix, np.array([[30.0, 20.0], [70.0, 80.0]]))
    assert np.allclose(corners[1, 1] - corners[0, 1], 256 / 1.25)  # 40 x 60 is narrower than 3:4, the height decides


def test_mpii_region_is_250_scale_about_the_shifted_centre():
    region = person_region(REGION, np.array([100.0, 100.0]), 2.0, "center")
    assert np.allclose(region, [100 - 200, 130 - 200, 400, 400])
    matrix = crop_matrix(region, (256, 256), 1.25)
    corner = apply_affine(invert(matrix), np.array([0.0, 0.0]))
    assert np.allclose(corner, [100 - 250, 130 - 250])  # a side of 250 x scale
    assert np.array_equal(person_region(REGION, np.zeros(2), 1.0, "box"), REGION)


def test_jitter_stays_in_its_ranges_and_depends_on_the_generator_only():
    draws = [draw_jitter(np.random.default_rng(i), 0.3, 40.0, 0.6, True, 0.1, 0.2) for i in range(400)]
    assert all(0.7 <= d.scale <= 1.3 and abs(d.rotation_deg) <= 40 and max(map(abs, d.shift)) <= 0.1 for d in draws)
    assert 0.5 < np.mean([d.rotation_deg != 0 for d in draws]) < 0.7
    assert 0.4 < np.mean([d.flip for d in draws]) < 0.6
    assert draws[3] == draw_jitter(np.random.default_rng(3), 0.3, 40.0, 0.6, True, 0.1, 0.2)
    still = draw_jitter(np.random.default_rng(0), 0.0, 0.0, 1.0, False)
    assert still == Jitter()
