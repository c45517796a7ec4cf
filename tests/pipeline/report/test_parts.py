"""Drawing, words, times and charts of the report."""

from __future__ import annotations

import json

import numpy as np
import pytest

from pipeline.report.charts import INK, draw_chart
from pipeline.report.drawing import draw_pose, moved, sheet, square_crop
from pipeline.report.pictures import picture, picture_of_file, read_image, write_png
from pipeline.report.timings import timings_of
from pipeline.report.words import count, duration, joined, percent, signed
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
    crop, affine = square_crop(image, np.array([50.0, 20.0, 30.0, 50.0]), 195, margin=0.15)
    bright = np.argwhere(crop[..., 0] > 100)
    x, y = moved(np.array([[70.5, 40.5]]), affine)[0]
    np.testing.assert_allclose(bright.mean(0) + 0.5, (y, x), atol=0.6)


def test_a_sheet_keeps_its_tiles():
    tiles = [np.full((8, 8, 3), v, np.uint8) for v in (10, 20, 30)]
    whole = sheet(tiles, 2, gap=2)
    assert whole.shape == (18, 18, 3)
    assert whole[12, 2, 0] == 30
    assert whole[12, 12, 0] == 255


def test_drawings_stay_sharp_and_photographs_become_jpeg(tmp_path):
    drawing = np.full((120, 160, 3), 255, np.uint8)
    drawing[20:60, 30:90] = (200, 30, 30)
    write_png(drawing, tmp_path / "drawing.png")
    noise = np.random.default_rng(0).integers(0, 255, (120, 160, 3), np.uint8)
    write_png(noise, tmp_path / "photo.png")
    assert picture_of_file(tmp_path / "drawing.png", "a", 80).uri.startswith("data:image/png")
    assert picture_of_file(tmp_path / "photo.png", "a", 80).uri.startswith("data:image/jpeg")
    wide = np.zeros((10, 3000, 3), np.uint8)
    write_png(wide, tmp_path / "wide.png")
    assert picture_of_file(tmp_path / "wide.png", "a", 80).width == 1400
    assert picture(noise, "what it shows", 80).alt == "what it shows"


def test_an_unreadable_photograph_is_none(tmp_path):
    (tmp_path / "broken.jpg").write_bytes(b"\xff\xd8\xff no more")
    assert read_image(tmp_path / "broken.jpg") is None
    assert read_image(tmp_path / "none.jpg") is None


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


def test_times_are_added_up_in_the_order_of_the_stages(tmp_path):
    inputs = {}
    for number, (stage, seconds) in enumerate([("fit", 2.0), ("annotations", 1.5), ("fit", 3.0)]):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "manifest.json").write_text(json.dumps({"stage": stage, "seconds": seconds, "host": f"machine{number}"}))
        inputs[f"{stage}{number}"] = (folder,)
    (tmp_path / "bare").mkdir()
    times = timings_of({**inputs, "again": inputs["fit0"], "bare": (tmp_path / "bare",)})
    assert [(t.stage, t.units, t.seconds) for t in times] == [("annotations", 1, 1.5), ("fit", 2, 5.0)]
    assert times[1].hosts == ("machine0", "machine2")


@pytest.mark.parametrize(
    ("value", "text"), [(0.94, "0.9 s"), (48.2, "48 s"), (59.7, "1 min 00 s"), (425, "7 min 05 s"), (7800, "2 h 10 min")]
)
def test_durations(value, text):
    assert duration(value) == text


def test_words():
    assert count(1, "body", "bodies") == "1 body"
    assert count(2400, "image") == "2,400 images"
    assert percent(3, 100) == "3 %"
    assert percent(1, 32) == "3.1 %"
    assert percent(1, 0) == "0 %"
    assert signed(-1.25) == "−1.2"
    assert signed(2) == "+2.0"
    assert joined(["a"]) == "a"
    assert joined(["a", "b", "c"]) == "a, b and c"
    assert joined([]) == ""
