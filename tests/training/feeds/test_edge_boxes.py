"""Edge Boxes of made pictures, and what is said where OpenCV has none."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from smpl_assets.errors import InputError
from training.feeds.edge_boxes import _edges, edge_boxes
from training.systems.check import check_networks
from training.train_settings import TrainSettings

SQUARE = (50, 40, 110, 80)


def picture(box: tuple[int, int, int, int] = SQUARE) -> np.ndarray:
    """140 x 120 px of grey with a light rectangle."""
    image = np.full((120, 140, 3), 60, np.uint8)
    image[box[1] : box[3], box[0] : box[2]] = (200, 190, 180)
    return image


def overlap(boxes: np.ndarray, box: tuple[float, ...]) -> np.ndarray:
    """IoU of each box with one."""
    wanted = np.array(box)
    sides = np.minimum(boxes[:, 2:], wanted[2:]) - np.maximum(boxes[:, :2], wanted[:2])
    both = sides.clip(0).prod(1)
    return both / ((boxes[:, 2:] - boxes[:, :2]).prod(1) + (wanted[2:] - wanted[:2]).prod() - both)


def test_the_likeliest_boxes_hold_a_clear_rectangle():
    boxes = edge_boxes(picture())
    assert 20 < len(boxes) <= 200
    assert (overlap(boxes[:5], SQUARE) > 0.6).any()
    assert overlap(boxes, SQUARE).max() > 0.75
    best = boxes[overlap(boxes, SQUARE).argmax()]
    assert (best[:2] <= SQUARE[:2]).all()
    assert (best[2:] >= SQUARE[2:]).all()


def test_they_are_counted_from_the_pictures_corner():
    """Of a picture that is full of edges, the outermost boxes begin and end with it; OpenCV's own begin at 1."""
    boxes = edge_boxes(np.random.default_rng(0).integers(0, 255, (50, 60, 3), dtype=np.uint8))
    assert boxes[:, :2].min(0).tolist() == [0, 0]
    assert boxes[:, 2:].max(0).tolist() == [60, 50]


def test_a_picture_has_the_same_boxes_whatever_was_looked_at_before():
    first = edge_boxes(picture())
    edge_boxes(np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8))
    assert np.array_equal(first, edge_boxes(picture()))


def test_edges_are_the_same_wherever_in_memory_they_are_computed():
    """Half of the sizes of `cv2.magnitude` would differ in some pixel's last digit."""
    rng = np.random.default_rng(0)
    image = cv2.GaussianBlur(rng.integers(0, 255, (67, 71, 3), dtype=np.uint8), (0, 0), 3)
    seen, taken = set(), []
    for _ in range(30):
        taken.append(bytearray(int(rng.integers(10, 60_000))))
        seen.add(b"".join(part.tobytes() for part in _edges(image)))
    assert len(seen) == 1


@pytest.mark.parametrize("size", [(64, 64), (15, 200), (1, 1)])
def test_a_picture_without_edges_or_without_room_for_them_has_none(size):
    assert edge_boxes(np.full((*size, 3), 90, np.uint8)).shape == (0, 4)


def test_edges_are_thin_and_their_direction_is_across():
    strength, direction = _edges(picture())
    assert np.flatnonzero(strength[60]).tolist() == [49, 110]
    assert np.flatnonzero(strength[:, 80]).tolist() == [39, 80]
    assert strength.max() == 1
    assert np.abs(np.sin(direction[60, [49, 110]])).max() < 1e-3
    assert np.abs(np.cos(direction[[39, 80], 80])).max() < 1e-3
    rows, columns = np.indices((40, 40))
    falling = np.where((columns > rows)[..., None], 200, 50).astype(np.uint8).repeat(3, 2)  # an edge down to the right
    assert _edges(falling)[1][20, 20] == pytest.approx(0.75 * np.pi, abs=1e-3)


def test_without_the_wheel_that_has_them_one_error_says_so_before_anything_runs(monkeypatch):
    asked = TrainSettings(network="global_local_tiny", options={"proposals": "edge_boxes"})
    check_networks(asked)
    monkeypatch.delattr(cv2, "ximgproc")
    with pytest.raises(InputError, match=r"needs opencv-contrib-python-headless: OpenCV .* has no cv2.ximgproc") as caught:
        check_networks(asked)
    assert caught.value.next_step.startswith("pip uninstall -y opencv-contrib-python-headless ")
    assert "train.options.proposals = 'random'" in caught.value.next_step
    check_networks(TrainSettings(network="global_local_tiny"))
