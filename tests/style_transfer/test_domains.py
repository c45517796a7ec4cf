from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from smpl_assets.archive import ArchiveReader, ArchiveWriter
from smpl_assets.pictures import encode_jpeg, encode_png
from smpl_assets.skeletons import SKELETONS
from style_transfer.domains import read_photographed, read_rendered
from style_transfer.masks import person_mask, torso_length
from style_transfer.matching import Sampler, partners
from style_transfer.pixels import GREY, SquareCrop, around_box, decode_rgb, decode_rgba, resize
from tests.style_transfer.world import COCO, SIDE, STANDING, paint, table_of, tiny, write_render


def test_crop_keeps_pixel_and_keypoint_together() -> None:
    image = np.zeros((60, 90, 3), np.uint8)
    image[20, 70] = 255
    crop = around_box(np.array([60.0, 10.0, 20.0, 30.0]), 1.5)
    assert crop.side == 45
    row, column = np.argwhere(crop.cut(image, 0)[..., 0] == 255)[0]
    assert crop.normalise(np.array([[70.5, 20.5]]))[0] * crop.side == pytest.approx([column + 0.5, row + 0.5])


def test_crop_outside_the_image_is_padded_and_its_change_lands_where_it_came_from() -> None:
    crop = SquareCrop(-5, 40, 30)
    cut = crop.cut(np.full((50, 20), 9.0), -1.0)
    assert (cut == 9).sum() == 20 * 10
    assert cut[0, 5] == 9
    assert cut[0, 4] == -1
    whole = np.zeros((50, 20))
    change = np.zeros((30, 30))
    change[0, 5] = 3
    crop.add(whole, change)
    assert whole[40, 0] == 3
    assert whole.sum() == 3


def test_resize_keeps_the_mean() -> None:
    image = np.random.default_rng(0).random((64, 64, 3)).astype(np.float32)
    assert resize(image, 16).mean() == pytest.approx(image.mean(), abs=1e-3)
    assert resize(image, 64) is image


@pytest.mark.parametrize("method", ["capsules", "grabcut"])
def test_mask_covers_the_drawn_person(method: str) -> None:
    rng = np.random.default_rng(0)
    points = STANDING * SIDE
    person = paint(points, rng)
    picture = (person[..., :3] * (person[..., 3:] / 255) + np.array([20, 120, 40]) * (1 - person[..., 3:] / 255)).astype(np.uint8)
    mask = person_mask(picture, COCO, points, np.ones(17, bool), method) > 0.5
    truth = person[..., 3] > 127
    assert (mask & truth).sum() / (mask | truth).sum() > 0.8


@pytest.mark.parametrize("name", sorted(SKELETONS))
def test_every_skeleton_gives_a_mask(name: str) -> None:
    skeleton = SKELETONS[name]
    joints = {n: STANDING[COCO.index(n)] for n in COCO.keypoints}
    joints |= {"head_top": np.array([0.5, 0.03]), "head_bottom": np.array([0.5, 0.22]), "head": np.array([0.5, 0.12])}
    joints |= {"pelvis": np.array([0.5, 0.52]), "thorax": np.array([0.5, 0.25]), "neck": np.array([0.5, 0.22])}
    points = np.stack([joints[n] for n in skeleton.keypoints]) * 96
    mask = person_mask(np.zeros((96, 96, 3), np.uint8), skeleton, points, np.ones(len(skeleton), bool), "capsules")
    assert mask[int(0.12 * 96), 48] > 0.5  # head
    assert mask[int(0.4 * 96), 48] > 0.5  # trunk
    assert mask[int(0.7 * 96), int(0.57 * 96)] > 0.5  # knee
    assert mask[5, 5] == 0


def test_nothing_to_measure_by_gives_no_mask() -> None:
    annotated = np.zeros(17, bool)
    annotated[:5] = True
    assert torso_length(COCO, STANDING, annotated) == 0
    assert person_mask(np.zeros((64, 64, 3), np.uint8), COCO, STANDING * 64, annotated, "capsules").max() == 0


def test_domains_show_people_on_grey(world: tuple) -> None:
    shards, table, root = world
    for domain in (read_rendered(shards, COCO, tiny(), 48, 100, 0), read_photographed(table, root, tiny(), 48, 100, 0)):
        assert domain.images.shape[1:] == (48, 48, 3)
        assert np.abs(domain.images[domain.masks == 0].astype(int) - GREY).max() <= 1
        assert 0.05 < (domain.masks > 127).mean() < 0.6
        assert ((domain.keypoints > -0.2) & (domain.keypoints < 1.2)).all()


def test_alpha_masks_are_the_renders(world: tuple) -> None:
    exact = read_rendered(world[0], COCO, tiny(synthetic_mask="alpha"), 48, 100, 0)
    alike = read_rendered(world[0], COCO, tiny(), 48, 100, 0)
    overlap = ((exact.masks > 127) & (alike.masks > 127)).sum() / (exact.masks > 127).sum()
    assert overlap > 0.8
    assert not np.array_equal(exact.masks, alike.masks)


def test_limit_draws_by_seed_and_keeps_order(world: tuple) -> None:
    shards = world[0]
    few = read_rendered(shards, COCO, tiny(), 32, 4, 1)
    assert len(few) == 4
    assert np.array_equal(few.images, read_rendered(shards, COCO, tiny(), 32, 4, 1).images)
    assert not np.array_equal(few.images, read_rendered(shards, COCO, tiny(), 32, 4, 2).images)


def test_bad_photographs_are_skipped_and_counted(world: tuple, tmp_path: Path) -> None:
    _, table, root = world
    (tmp_path / "broken.jpg").write_bytes(b"no image")
    names = [*table.images.file_name[:6], "missing.jpg", "broken.jpg"]
    for name in names[:6]:
        (tmp_path / name).write_bytes((root / name).read_bytes())
    rows = np.arange(8)
    keypoints, annotated, boxes = table.keypoints[rows].copy(), table.annotated[rows].copy(), table.bbox_xywh[rows].copy()
    annotated[0, 3:] = False
    boxes[1, 2:] = 10
    keypoints[2, 0] = np.nan
    odd = table_of(keypoints, annotated, boxes, rows, names)
    domain = read_photographed(odd, tmp_path, tiny(), 32, 100, 0)
    assert len(domain) == 3
    assert domain.skipped == {
        "fewer than 8 annotated joints": 1,
        "box smaller than 64 px": 1,
        "keypoints or box not finite": 1,
        "no such image": 1,
        "not a readable image": 1,
    }


def test_bad_renders_are_skipped_and_counted(tmp_path: Path) -> None:
    folder = write_render(tmp_path / "render", range(4))
    archive = ArchiveReader(folder / "images.tar")
    members = {n: archive.read(n) for n in archive}
    members["000000001000.jpg"] = b"no image"
    del members["000000002000.jpg"]
    with ArchiveWriter(folder / "images.tar") as tar:
        for name, data in members.items():
            tar.add(name, data)
    domain = read_rendered([folder], COCO, tiny(), 32, 100, 0)
    assert len(domain) == 2
    assert domain.skipped == {"render unreadable": 2}


def test_matching_finds_the_same_pose(world: tuple) -> None:
    domain = read_photographed(world[1], world[2], tiny(), 32, 100, 0)
    for how in ("pose", "crop", "none"):
        found = partners(domain, domain, how, 3)
        assert found.shape == (len(domain), len(domain) if how == "none" else 3)
    assert (partners(domain, domain, "pose", 3)[:, 0] == np.arange(len(domain))).all()


def test_nobody_becomes_the_partner_of_all(world: tuple) -> None:
    domain = read_photographed(world[1], world[2], tiny(), 32, 100, 0)
    keypoints = domain.keypoints.copy()
    keypoints[1:] += 0.3  # everyone but the first is far from the rendered people
    rendered = replace(domain, keypoints=np.tile(domain.keypoints[:1], (len(domain), 1, 1)))
    found = partners(rendered, replace(domain, keypoints=keypoints), "pose", 1)[:, 0]
    assert found[0] == 0
    assert 1 < (found == 0).sum() < len(domain)


def test_people_cut_alike_are_shared_out_where_nobody_is_cut(world: tuple) -> None:
    domain = read_photographed(world[1], world[2], tiny(), 32, 100, 0)
    whole = replace(domain, annotated=np.ones_like(domain.annotated), keypoints=np.full_like(domain.keypoints, 0.5))
    assert sorted(partners(whole, whole, "crop", 1)[:, 0]) == list(range(len(domain)))


def test_crop_matching_prefers_people_cut_alike(world: tuple) -> None:
    domain = read_photographed(world[1], world[2], tiny(), 32, 100, 0)
    annotated = domain.annotated.copy()
    annotated[4, 13:] = annotated[9, 13:] = False
    cut = replace(domain, annotated=annotated)
    assert set(partners(cut, cut, "crop", 2)[4]) == {4, 9}


def test_sampler_repeats_itself_and_flips_pairs_together(world: tuple) -> None:
    shards, table, root = world
    settings = tiny(resize=1.0, batch=3)
    domains = read_rendered(shards, COCO, settings, 32, 100, 0), read_photographed(table, root, settings, 32, 100, 0)
    sampler = Sampler(*domains, settings, 4)
    one, two = sampler(7), sampler(7)
    assert np.array_equal(one.rendered, two.rendered)
    assert not np.array_equal(one.rendered, sampler(8).rendered)
    assert one.photographed_mask.shape == (3, 1, 32, 32)
    flipped = set()
    for batch in (sampler(i) for i in range(6)):
        for image, other in zip(batch.rendered, batch.photographed, strict=True):
            found = [_is_flipped(i.numpy(), d.images) for i, d in zip((image, other), domains, strict=True)]
            assert found[0] == found[1]
            flipped.add(found[0])
    assert flipped == {True, False}


def _is_flipped(image: np.ndarray, images: np.ndarray) -> bool:
    stored = images.transpose(0, 3, 1, 2) / 127.5 - 1
    straight, mirrored = (np.abs(stored - i).max((1, 2, 3)).min() for i in (image, image[..., ::-1]))
    assert min(straight, mirrored) < 1e-5
    return bool(mirrored < straight)


def test_pixels_survive_encoding() -> None:
    image = np.zeros((32, 32, 4), np.uint8)
    image[..., 0], image[..., 3] = 200, 255
    assert np.array_equal(decode_rgba(encode_png(image), "x"), image)
    smooth = cv2.resize(np.array([[[250, 10, 10], [10, 10, 250]]], np.uint8), (32, 32))
    assert np.abs(decode_rgb(encode_jpeg(smooth, 98), "x").astype(int) - smooth).mean() < 4
