import cv2
import numpy as np
import pytest

from style_transfer.detail import DetailTransfer
from style_transfer.domains import Domain
from style_transfer.statistics import ColourTransfer
from tests.style_transfer.world import COCO


def domain(images: np.ndarray) -> Domain:
    count, side = images.shape[:2]
    masks = np.zeros((count, side, side), np.uint8)
    masks[:, 8:-8, 8:-8] = 255
    return Domain(
        COCO, images.astype(np.uint8), masks, np.zeros((count, 17, 2)), np.ones((count, 17), bool), np.full(count, 96.0)
    )


def textures(seed: int, sigma: float, noise: float, count: int = 8) -> Domain:
    rng = np.random.default_rng(seed)
    images = []
    for _ in range(count):
        coarse = cv2.GaussianBlur(rng.normal(0, 1, (96, 96, 3)), (0, 0), 3)
        edges = cv2.GaussianBlur(np.sign(coarse) * 40 + 127, (0, 0), sigma)
        images.append(np.clip(edges + rng.normal(0, noise, edges.shape), 0, 255))
    return domain(np.stack(images))


def test_colour_transfer_finds_a_known_camera() -> None:
    raw = np.random.default_rng(0).integers(40, 210, (10, 48, 48, 3)).astype(np.float64)
    seen = 0.7 * raw + 30  # less contrast everywhere, brighter shadows
    colour = ColourTransfer.between(domain(raw), domain(seen))
    changed = colour(raw[0])
    assert np.abs(changed - seen[0]).max() < 3


def test_what_chance_explains_is_left_out() -> None:
    def dressed(seed: int, count: int) -> Domain:
        """People who each wear one colour, all drawn from one distribution."""
        rng = np.random.default_rng(seed)
        clothes = rng.uniform(30, 220, (count, 1, 1, 3)) + rng.normal(0, 20, (count, 48, 48, 3))
        return domain(np.clip(clothes, 0, 255))

    few = ColourTransfer.between(dressed(0, 6), dressed(1, 6))
    assert np.abs(few.matrix - np.eye(3)).max() < 0.25
    shifts = [np.abs(ColourTransfer.between(dressed(2 * s, 6), dressed(2 * s + 1, 6)).offset).max() for s in range(6)]
    assert np.median(shifts) < 0.1


def test_gains_are_bounded() -> None:
    flat = np.full((4, 48, 48, 3), 127.0) + np.random.default_rng(0).normal(0, 1, (4, 48, 48, 3))
    wild = np.random.default_rng(0).integers(0, 255, (4, 48, 48, 3)).astype(np.float64)
    colour = ColourTransfer.between(domain(flat), domain(wild))
    assert np.abs(np.linalg.eigvals(colour.matrix)).max() <= 1.601
    image = np.random.default_rng(1).random((5, 5, 3)) * 255
    assert np.allclose(ColourTransfer.identity()(image), image)


def test_recolouring_leaves_the_grey_around_people() -> None:
    people = domain(np.random.default_rng(0).integers(40, 200, (3, 48, 48, 3)))
    changed = ColourTransfer(0.5 * np.eye(3), np.zeros(3)).recolour(people)
    assert np.array_equal(changed.images[:, :8], people.images[:, :8])
    assert np.abs(changed.images[:, 8:-8, 8:-8] - (people.images[:, 8:-8, 8:-8] * 0.5 + 63.75)).max() <= 1


def test_people_without_a_core_count_for_nothing() -> None:
    good = domain(np.random.default_rng(0).integers(0, 255, (3, 48, 48, 3)))
    empty = Domain(COCO, good.images, np.zeros_like(good.masks), good.keypoints, good.annotated, good.sides)
    colour = ColourTransfer.between(empty, empty)
    assert np.allclose(colour.matrix, np.eye(3))


def test_sharp_becomes_soft_and_soft_becomes_sharp() -> None:
    sharp, soft = textures(0, 0.4, 0.0), textures(1, 1.2, 0.0)
    blur = DetailTransfer.between(sharp, soft)
    assert blur.blur_px > 0.5
    assert blur.sharpen == 0
    back = DetailTransfer.between(soft, sharp)
    assert back.sharpen > 0
    assert back.blur_px == 0
    assert DetailTransfer.between(sharp, textures(2, 0.4, 0.0)).blur_px < 0.5


def test_noise_is_measured_and_added() -> None:
    found = DetailTransfer.between(textures(0, 1.0, 1.0), textures(1, 1.0, 6.0))
    in_luma = 6 * np.linalg.norm([0.299, 0.587, 0.114])
    assert found.noise == pytest.approx(in_luma, rel=0.15)
    assert DetailTransfer.between(textures(0, 1.0, 6.0), textures(1, 1.0, 1.0)).noise == 0


def test_coarse_grain_is_told_from_fine() -> None:
    rng, people = np.random.default_rng(5), textures(0, 1.0, 0.5)
    coarse = cv2.resize(rng.normal(0, 8, (8, 48, 48)).transpose(1, 2, 0), (96, 96), interpolation=cv2.INTER_CUBIC)
    grainy = np.clip(people.images + coarse.transpose(2, 0, 1)[..., None], 0, 255)
    found = DetailTransfer.between(people, domain(grainy))
    assert found.coarse_noise == pytest.approx(8, rel=0.35)
    assert found.noise < 0.5 * found.coarse_noise


@pytest.mark.parametrize("kind", ["noise", "coarse_noise"])
def test_added_noise_has_its_strength(kind: str) -> None:
    image, alpha = np.full((101, 80, 3), 100, np.float32), np.ones((101, 80), np.float32)
    added = DetailTransfer(**{kind: 6.0})(image, alpha, 1) - image
    assert (added @ [0.299, 0.587, 0.114]).std() == pytest.approx(6, rel=0.15)


def test_noise_comes_from_the_seed() -> None:
    image, alpha = np.full((40, 40, 3), 100, np.float32), np.ones((40, 40), np.float32)
    grain = DetailTransfer(noise=5.0)
    one = grain(image, alpha, 1)
    assert np.array_equal(one, grain(image, alpha, 1))
    assert not np.array_equal(one, grain(image, alpha, 2))


def test_filtering_lets_nothing_in_from_outside_the_person() -> None:
    image, alpha = np.zeros((40, 40, 3), np.float32), np.zeros((40, 40), np.float32)
    image[:, :20], alpha[:, :20] = 200, 1
    for detail in (DetailTransfer(blur_px=1.5), DetailTransfer(sharpen=1.0)):
        assert np.allclose(detail.filter(image, alpha)[:, :20], 200, atol=0.1)
