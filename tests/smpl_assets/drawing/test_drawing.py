"""The drawing kit."""

from __future__ import annotations

import numpy as np

from smpl_assets.drawing.charts import draw_chart
from smpl_assets.drawing.crops import cut_square, fit_square, plain_square, square_around
from smpl_assets.drawing.palette import INK
from smpl_assets.drawing.poses import draw_pose, moved, pose_flags
from smpl_assets.drawing.sheets import Block, blocks_sheet, sheet
from smpl_assets.skeletons import SKELETONS

COCO = SKELETONS["coco17"]


def _pose(flags: dict[str, int]) -> tuple[np.ndarray, np.ndarray]:
    keypoints, values = np.zeros((17, 2)), np.zeros(17, np.int64)
    for name, flag in flags.items():
        keypoints[COCO.index(name)], values[COCO.index(name)] = (20.5, 30.5), flag
    return keypoints, values


def test_a_seen_joint_is_filled_and_a_hidden_one_hollow_at_its_place():
    grey = np.full((60, 60, 3), 100, np.uint8)
    seen = draw_pose(grey, COCO, *_pose({"nose": 2}), radius=6.0)
    hidden = draw_pose(grey, COCO, *_pose({"nose": 1}), radius=6.0)
    colour = np.array(COCO.colours[0])
    assert np.abs(seen[30, 20].astype(int) - colour).max() < 8
    assert np.array_equal(hidden[30, 20], grey[30, 20])
    ring = hidden[30, 26].astype(int)
    assert np.abs(ring - colour).max() < 60
    changed = np.argwhere((seen != grey).any(2))
    np.testing.assert_allclose(changed.mean(0), (30, 20), atol=0.3)


def test_joints_outside_are_not_drawn():
    grey = np.full((60, 60, 3), 100, np.uint8)
    assert np.array_equal(draw_pose(grey, COCO, *_pose({"nose": 0})), grey)


def test_a_painted_pixel_and_its_keypoint_land_together():
    image = np.zeros((80, 120, 3), np.uint8)
    image[40, 70] = 255
    crop, affine = cut_square(image, square_around(np.array([50.0, 20.0, 30.0, 50.0])), 195)
    bright = np.argwhere(crop[..., 0] > 100)
    x, y = moved(np.array([[70.5, 40.5]]), affine)[0]
    np.testing.assert_allclose(bright.mean(0) + 0.5, (y, x), atol=0.6)


def test_a_sheet_keeps_its_tiles():
    tiles = [np.full((8, 8, 3), v, np.uint8) for v in (10, 20, 30)]
    whole = sheet(tiles, 2, gap=2)
    assert whole.shape == (18, 18, 3)
    assert whole[12, 2, 0] == 30
    assert whole[12, 12, 0] == 255


def test_a_square_of_one_colour_lies_where_the_photograph_s_would():
    crop = square_around(np.array([50.0, 20.0, 30.0, 50.0]))
    blank, affine = plain_square((9, 8, 7), crop, 40)
    assert (blank == (9, 8, 7)).all()
    np.testing.assert_array_equal(affine, cut_square(np.zeros((80, 120, 3), np.uint8), crop, 40)[1])
    np.testing.assert_allclose(moved(np.array([[65.0, 45.0]]), affine), [[20.0, 20.0]])


def test_a_whole_image_in_a_square_keeps_its_shape():
    image = np.zeros((40, 80, 3), np.uint8)
    square, affine = fit_square(image, 60)
    assert (square[:15] == 255).all()
    assert (square[15:45] == 0).all()
    np.testing.assert_allclose(moved(np.array([[80.0, 40.0]]), affine), [[60.0, 45.0]])


def test_hidden_joints_are_told_from_seen_ones():
    flags = pose_flags(np.array([True, True, False]), np.array([True, False, False]))
    assert flags.tolist() == [2, 1, 0]


def test_blocks_have_titles_and_captions():
    tile = np.full((30, 40, 3), 9, np.uint8)
    plain = blocks_sheet([Block("", INK, [tile] * 3, ["", "", ""])], 2, gap=4)
    assert plain.shape == (64, 84, 3)
    titled = blocks_sheet([Block("Rare", "#ff0000", [tile] * 3, ["0.1", "a\nb", ""])] * 2, 2, gap=4)
    assert titled.shape[1] == 84
    assert titled.shape[0] > 2 * 64 + 2 * 20
    assert ((titled[..., 0] > 200) & (titled[..., 1] < 60)).any()


def test_a_chart_follows_the_page_and_is_the_same_each_time(tmp_path):
    def draw(axes):
        axes.plot([0, 1], [1, 2], label="line")
        axes.legend()

    svg = draw_chart(tmp_path / "one.png", 3, 2, draw)
    assert svg == draw_chart(tmp_path / "one.png", 3, 2, draw)
    assert INK not in svg
    assert "currentColor" in svg
    assert "var(--rule)" in svg
    assert 'id="one-' in svg
    head = svg[: svg.index(">")]
    assert "viewBox" in head
    assert "width=" not in head
    first = (tmp_path / "one.png").read_bytes()
    draw_chart(tmp_path / "one.png", 3, 2, draw)
    assert (tmp_path / "one.png").read_bytes() == first
