import cv2
import numpy as np
import pytest

from style_transfer.shards import Drift, label_drift, verdict
from tests.style_transfer.world import SIDE, STANDING, paint, tiny

POINTS = STANDING * SIDE
SEEN = np.ones(17, bool)


@pytest.fixture(scope="module")
def person() -> np.ndarray:
    rng = np.random.default_rng(2)
    person = paint(POINTS, rng)
    speckle = cv2.GaussianBlur(rng.normal(0, 60, (SIDE, SIDE)), (0, 0), 1.5) * 3
    person[..., :3] = np.clip(person[..., :3] + speckle[..., None], 0, 255)
    return person


def drift(before: np.ndarray, after: np.ndarray) -> Drift:
    return label_drift(before[..., :3], after[..., :3], before[..., 3].astype(np.float32) / 255, POINTS, SEEN)


def test_a_change_of_tone_is_no_drift(person: np.ndarray) -> None:
    toned = person.copy()
    toned[..., :3] = (person[..., :3] * [0.6, 0.7, 0.5] + 40).astype(np.uint8)
    found = drift(person, toned)
    assert found.px == 0
    assert found.structure > 0.9
    assert found.joints >= 10


@pytest.mark.parametrize("shift", [2, 4])
def test_moved_pixels_are_measured_in_px(person: np.ndarray, shift: int) -> None:
    moved = person.copy()
    moved[..., :3] = np.roll(person[..., :3], shift, axis=1)
    assert drift(person, moved).px == pytest.approx(shift, abs=1)


def test_one_moved_limb_is_enough(person: np.ndarray) -> None:
    moved = person.copy()
    x, y = POINTS[15].astype(int)
    window = slice(y - 16, y + 12), slice(x - 14, x + 14)
    moved[..., :3][window] = np.roll(person[..., :3], 5, axis=1)[window]
    assert drift(person, moved).px >= 4


def test_mush_has_no_structure(person: np.ndarray) -> None:
    mush = person.copy()
    mush[..., :3] = np.random.default_rng(0).integers(0, 255, (SIDE, SIDE, 3))
    assert drift(person, mush).structure < 0.5


def test_flat_people_and_empty_alpha_are_not_measured(person: np.ndarray) -> None:
    nobody = person.copy()
    nobody[..., 3] = 0
    assert drift(nobody, nobody) == Drift(0.0, 1.0, 0)
    hidden = label_drift(person[..., :3], person[..., :3], person[..., 3] / np.float32(255), POINTS, np.zeros(17, bool))
    assert hidden.joints == 0
    assert hidden.structure == pytest.approx(1, abs=1e-5)


def test_keypoints_at_and_beyond_the_border_do_no_harm(person: np.ndarray) -> None:
    points = POINTS.copy()
    points[0], points[1], points[2] = (0, 0), (SIDE - 0.01, SIDE - 0.01), (-50, 3000)
    points[3] = np.nan
    found = label_drift(person[..., :3], person[..., :3], person[..., 3] / np.float32(255), points, SEEN)
    assert found.px == 0


def test_verdict_scales_its_bound_with_the_image() -> None:
    settings = tiny(drift_px=3.0, min_structure=0.5)
    assert verdict(Drift(2.9, 0.9, 5), 256, 256, settings) == (True, "labels hold")
    kept, why = verdict(Drift(3.5, 0.9, 5), 256, 200, settings)
    assert (kept, why) == (False, "labels drifted")
    assert verdict(Drift(3.5, 0.9, 5), 512, 512, settings)[0]
    assert verdict(Drift(0.0, 0.4, 5), 256, 256, settings) == (False, "structure lost")
    assert verdict(Drift(0.0, 1.0, 0), 256, 256, settings)[0]
