import numpy as np
import pytest

from training.feeds.jitter import Jitter
from training.feeds.photometric import blurred, cut_out, noisy, recolour

IMAGE = np.random.default_rng(0).integers(0, 256, (64, 48, 3)).astype(np.uint8)
JOINTS = np.array([[10.0, 20.0], [40.0, 60.0]])
CHANGES = {
    "blur": lambda image, rng, p: blurred(image, rng, p),
    "noise": lambda image, rng, p: noisy(image, rng, p),
    "cutout": lambda image, rng, p: cut_out(image, JOINTS, rng, p),
}


def test_recolour():
    image = np.full((4, 4, 3), 100, np.uint8)
    assert recolour(image, Jitter()) is image
    assert (recolour(image, Jitter(gains=(1.1, 1.0, 0.9))) == [110, 100, 90]).all()
    assert (recolour(image, Jitter(contrast=0.5)) == 114).all()
    assert (recolour(image, Jitter(gains=(9.0, 1.0, 1.0))) == [255, 100, 100]).all()


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_change_happens_as_often_as_asked_and_comes_from_the_generator(change):
    kept = [change(IMAGE, np.random.default_rng(i), 0.3) is IMAGE for i in range(300)]
    assert 0.6 < np.mean(kept) < 0.8
    assert change(IMAGE, np.random.default_rng(0), 0.0) is IMAGE
    once, again = (change(IMAGE, np.random.default_rng(5), 1.0) for _ in range(2))
    assert np.array_equal(once, again)
    assert once.shape == IMAGE.shape
    assert once.dtype == np.uint8
    assert not np.array_equal(once, IMAGE)


def test_blur_and_noise_are_mild():
    grey = np.full((64, 64, 3), 128, np.uint8)
    for seed in range(20):
        assert blurred(IMAGE, np.random.default_rng(seed), 1.0).std() > 8
        assert 1.5 < noisy(grey, np.random.default_rng(seed), 1.0).std() < 12.5


def test_a_cut_out_is_one_rectangle_of_one_colour_over_a_joint():
    for seed in range(30):
        changed = cut_out(IMAGE, JOINTS, np.random.default_rng(seed), 1.0)
        rows, columns = np.nonzero((changed != IMAGE).any(2))
        part = changed[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
        assert (part == part[0, 0]).all()
        low, high = np.array([columns.min() - 1, rows.min() - 1]), np.array([columns.max() + 1, rows.max() + 1])
        assert ((low <= JOINTS) & (high >= JOINTS)).all(1).any()
        assert part.shape[0] <= 0.4 * 64 + 1
    assert cut_out(IMAGE, JOINTS + 100, np.random.default_rng(0), 1.0) is IMAGE
