"""Regions of crops: boxes of a photograph that move with the joints, drawn from seed and visit."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

from smpl_assets.errors import InputError
from tests.training.feeds.test_edge_boxes import overlap
from training.codecs.codec import RegionRequest
from training.feeds.crops import CropDataset
from training.feeds.feed import VisitSampler
from training.feeds.images import ImageStore
from training.feeds.jitter import Jitter
from training.feeds.regions import draw_regions, moved, proposed
from training.feeds.transforms import crop_matrix
from training.feeds.views import Spread, view_of
from training.recipes import recipe_of

ASKED = RegionRequest(20, 16.0)
NONE = np.zeros((0, 4), np.float32)


def dataset(world, settings, seed=0, regions=ASKED, images=None) -> CropDataset:
    recipe = recipe_of("asrp")
    return CropDataset(world.samples(recipe, 1.0), images or world.images(recipe, settings), settings, seed, 100, regions)


@pytest.mark.parametrize(
    ("jitter", "expected"),
    [
        (Jitter(), (5, 10, 15, 30)),
        (Jitter(flip=True), (35, 10, 45, 30)),
        (Jitter(rotation_deg=90.0), (10, 35, 30, 45)),  # 40 left of the middle, 30 above: 30 left of it, 40 below
        (Jitter(rotation_deg=90.0, flip=True), (20, 35, 40, 45)),
        (Jitter(rotation_deg=180.0, scale=2.0), (30, 22.5, 35, 32.5)),
    ],
)
def test_a_box_moves_as_the_joints_do(jitter, expected):
    """The crop of 50 x 50 px shows an image of 100 x 100: half as large, then turned counter-clockwise, then mirrored."""
    matrix = crop_matrix(np.array([0.0, 0.0, 100.0, 100.0]), (50, 50), 1.0, jitter)
    assert moved(np.array([[10, 20, 30, 60]], np.float32), matrix)[0] == pytest.approx(expected, abs=1e-4)


def test_a_turned_box_is_held_by_an_upright_one():
    """A square of 20 px about the middle, turned by 45 degrees, is 20 x sqrt 2 wide and high."""
    matrix = crop_matrix(np.array([0.0, 0.0, 100.0, 100.0]), (100, 100), 1.0, Jitter(rotation_deg=45.0))
    half = 10 * np.sqrt(2)
    box = moved(np.array([[40, 40, 60, 60]], np.float32), matrix)[0]
    assert box == pytest.approx((50 - half, 50 - half, 50 + half, 50 + half), abs=1e-4)


@pytest.mark.parametrize("padding", [1.0, 1.25])
@pytest.mark.parametrize("scale", [1, 6])
def test_boxes_of_a_view_lie_in_its_image(scale, padding):
    """A light rectangle in a photograph as fine as the crop, and in one that the view is six times coarser than."""
    box, region = np.array([90, 80, 150, 140]) * scale, np.array([60.0, 50.0, 128.0, 128.0]) * scale
    image = np.full((220 * scale, 240 * scale, 3), 60, np.uint8)
    image[box[1] : box[3], box[0] : box[2]] = 200
    view = view_of(image, region, (128, 128), padding, Spread(30.0, 0.2, 0.1))
    boxes = proposed(view, region, (128, 128), padding)
    assert overlap(boxes, tuple(box)).max() > 0.75
    x, y, w, h = region
    room = (padding - 1) / 2 * np.array([w, h]) + scale
    assert (boxes[:, :2] >= [x, y] - room).all()
    assert (boxes[:, 2:] <= np.array([x + w, y + h]) + room).all()


def test_a_region_outside_of_its_image_has_no_boxes():
    region = np.array([500.0, 500.0, 40.0, 60.0])
    view = view_of(np.full((50, 60, 3), 200, np.uint8), region, (64, 64), 1.25, Spread())
    assert proposed(view, region, (64, 64), 1.25).shape == (0, 4)


def test_regions_are_cut_at_the_crop_and_none_is_too_small():
    boxes = np.array([[-30, 10, 20, 40], [0, 0, 15, 60], [50, 50, 90, 90], [70, 0, 99, 9], [10, 10, 40, 50]], np.float32)
    drawn = draw_regions(boxes, RegionRequest(2, 16.0), (64, 64), np.random.default_rng(0))
    both = {tuple(row) for row in drawn.tolist()}
    assert both == {(0, 10, 20, 40), (10, 10, 40, 50)}  # of the third 14 px are left, of the fourth nothing


def test_where_boxes_are_few_random_regions_make_up_the_number():
    one = np.array([[4, 8, 40, 60]], np.float32)
    drawn = draw_regions(one, ASKED, (64, 48), np.random.default_rng(0))
    assert drawn.shape == (20, 4)
    assert drawn[0].tolist() == [4, 8, 40, 60]
    rest = draw_regions(NONE, RegionRequest(500, 14.0), (64, 48), np.random.default_rng(0))
    sides = rest[:, 2:] - rest[:, :2]
    assert (rest >= 0).all()
    assert (rest <= [48.001, 64.001, 48.001, 64.001]).all()
    assert (sides >= 13.999).all()
    assert len(np.unique(rest, axis=0)) == 500


def test_the_draw_differs_from_visit_to_visit_and_is_uniform():
    boxes = np.array([[x, 0, x + 20, 30] for x in range(40)], np.float32)
    rng = np.random.default_rng(0)
    starts = np.concatenate([draw_regions(boxes, ASKED, (64, 64), rng)[:, 0] for _ in range(100)])
    counts = np.bincount(starts.astype(int), minlength=40)
    assert counts.sum() == 2000
    assert counts.min() > 25
    assert counts.max() < 75


def test_regions_depend_on_seed_and_visit_only(world, quick):
    """Not on what is kept, on the order of access, or on which process loads; and they change nothing else of an item."""
    settings = quick(rotation_deg=90.0, half_body=0.3)
    kept, plain = dataset(world, settings), dataset(world, settings, regions=None)
    forgets, other = dataset(world, settings.model_copy(update={"cache_mb": 0})), dataset(world, settings, seed=1)
    other[9], forgets[5]
    seen = {}
    for visit in (40, 3, 7, 3):
        a, b = kept[visit], forgets[visit]
        assert torch.equal(a.regions, b.regions)
        assert a.regions.shape == (20, 4)
        assert torch.equal(a.image, plain[visit].image)
        assert torch.equal(a.keypoints, plain[visit].keypoints)
        assert plain[visit].regions.shape == (0, 4)
        seen[visit] = a.regions
    assert not torch.equal(seen[3], seen[7])
    assert not torch.equal(other[0].regions, kept[0].regions)
    loaded = [
        torch.cat([batch.regions for batch in DataLoader(kept, 4, sampler=VisitSampler(3, 4), num_workers=workers)])
        for workers in (0, 2)
    ]
    assert loaded[0].shape == (12, 20, 4)
    assert torch.equal(*loaded)


def test_boxes_are_looked_for_once_per_person(world, quick, monkeypatch):
    calls = []
    monkeypatch.setattr("training.feeds.regions.edge_boxes", lambda image: calls.append(image.shape) or NONE + 0)
    data = dataset(world, quick())
    for visit in [*range(len(data.samples)), *range(len(data.samples))]:
        data[visit]
    assert len(calls) == len(data.samples)
    assert max(max(shape) for shape in calls) <= 64 + 1


def test_a_sample_without_an_image_has_random_regions(world, quick, tmp_path):
    item = dataset(world, quick(), images=ImageStore(tmp_path))[0]
    assert item.bad == "no such image"
    assert item.regions.shape == (20, 4)
    assert item.regions.isfinite().all()


def test_a_dataset_that_needs_boxes_is_not_made_where_opencv_has_none(world, quick, monkeypatch):
    monkeypatch.delattr(cv2, "ximgproc")
    with pytest.raises(InputError, match="opencv-contrib-python-headless"):
        dataset(world, quick())
    assert dataset(world, quick(), regions=None)[0].bad == ""
