from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image
from pycocotools.coco import COCO

from smpl_assets.errors import InputError, StageError
from smpl_assets.pictures import read_header
from smpl_assets.skipped import Skipped
from training.inference.boxes import read_boxes
from training.inference.estimator import Estimator
from training.inference.pictures import find_sources, read_pictures
from training.inference.results import Numbers
from training.inference.run import Looking, predict
from training.video.footage import ENDS_EARLY
from training.video.read import open_footage


def noise(height: int, width: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 255, (height, width, 3)).astype(np.uint8)


def make_video(path: Path, count: int = 5, size: tuple[int, int] = (64, 48)) -> Path:
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), 10.0, size)
    for number in range(count):
        writer.write(np.full((size[1], size[0], 3), (0, 0, 40 * number), np.uint8))
    writer.release()
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "in"
    (place / "deep").mkdir(parents=True)
    Image.fromarray(noise(60, 80)).save(place / "000000000139.png")
    Image.fromarray(noise(90, 70, 1)).save(place / "deep" / "b.jpg")
    (place / "broken.jpg").write_bytes(b"nothing")
    (place / "notes.txt").write_text("not looked at")
    make_video(place / "clip.mp4")
    return place


def test_pictures_and_videos_become_results_that_coco_reads(estimator: Estimator, folder: Path, tmp_path: Path) -> None:
    out, skipped, told = tmp_path / "out", Skipped(), []
    out.mkdir()
    sources = find_sources([folder])
    done = predict(estimator, sources, out, Looking(), skipped, lambda d, total, **figures: told.append((d, total)))
    assert (done.pictures, done.people, done.empty) == (7, 7, 0)
    assert told[-1] == (7, 7)
    assert list(skipped.counts.values()) == [1]
    truth = COCO(str(out / "images.json"))
    found = truth.loadRes(str(out / "results.json"))
    assert len(found.anns) == 7
    names = {image["file_name"] for image in truth.imgs.values()}
    assert names == {"000000000139.png", "deep/b.jpg", *(f"clip.mp4#{n}" for n in range(5))}
    assert read_header(out / "overlays/deep/b.jpg").size_wh == (70, 90)
    assert len(list(open_footage(str(out / "overlays/clip.mp4")).shots())) == 5
    points = np.array(json.loads((out / "results.json").read_text())[0]["keypoints"]).reshape(21, 3)
    first = estimator(cv2.cvtColor(cv2.imread(str(folder / "000000000139.png")), cv2.COLOR_BGR2RGB))
    assert np.abs(points[:, :2] + 0.5 - first.keypoints[0]).max() < 1e-3


def test_boxes_of_a_file_bring_their_numbers_and_empty_pictures_stay(estimator: Estimator, folder: Path, tmp_path: Path) -> None:
    entry = {"image_id": "deep/b.jpg", "bbox": [5, 5, 40, 60], "score": 0.5}
    (tmp_path / "boxes.json").write_text(json.dumps([entry, entry]))
    out, skipped = tmp_path / "out", Skipped()
    out.mkdir()
    boxes = read_boxes(tmp_path / "boxes.json", skipped)
    done = predict(
        estimator, find_sources([folder / "deep", folder / "000000000139.png"]), out, Looking(boxes, overlays=False), skipped
    )
    assert (done.pictures, done.people, done.empty) == (2, 2, 1)
    assert not (out / "overlays").exists()
    joints = [json.loads((out / "results.json").read_text())[0][name] for name in ("score", "keypoints")]
    assert joints[0] == pytest.approx(0.5 * np.mean(joints[1][2::3]), abs=1e-3)


def test_a_photograph_is_turned_as_its_boxes_say(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(noise(40, 60)).save(tmp_path / "a.jpg", exif=exif)
    shapes = [
        next(read_pictures(find_sources([tmp_path]), sizes, Skipped(), 50.0)).image.shape[:2]
        for sizes in ({}, {"a.jpg": (60, 40)}, {"a.jpg": (40, 60)})
    ]
    assert shapes == [(60, 40), (40, 60), (60, 40)]


def test_a_video_that_ends_early_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    whole = make_video(tmp_path / "whole.avi", 40, (320, 240))
    shots = list(open_footage(str(whole)).shots())
    assert [int(shot.image[..., 0].mean()) > 20 for shot in shots[:3]] == [False, True, True]
    data = whole.read_bytes()
    (tmp_path / "cut.avi").write_bytes(data[: len(data) * 2 // 3])
    (tmp_path / "no.mp4").write_bytes(b"nothing")
    skipped = Skipped()
    found = list(read_pictures(find_sources([tmp_path / "cut.avi", tmp_path / "no.mp4"]), {}, skipped, 50.0))
    assert 0 < len(found) < 40
    assert skipped.noted == {ENDS_EARLY: 1}
    assert skipped.counts == {"not a video that can be read": 1}
    assert f"{len(found)} of 40 frames" in skipped.entries[0]["entry"]


def test_places_that_hold_nothing_are_named(estimator: Estimator, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="none: no such file"):
        find_sources([tmp_path / "none"])
    with pytest.raises(InputError, match="no image and no video"):
        find_sources([tmp_path])
    (tmp_path / "a.jpg").write_bytes(b"")
    with pytest.raises(InputError, match=r"a\.jpg: two files are called so"):
        find_sources([tmp_path, tmp_path / "a.jpg"])
    with pytest.raises(StageError, match="none of 1 files can be used"):
        predict(estimator, find_sources([tmp_path]), tmp_path, Looking(), Skipped())


def test_numbers_of_pictures() -> None:
    assert list(map(Numbers(["a/0012.jpg", "7.jpg"], {}), ["7.jpg", "a/0012.jpg", "x#0"])) == [7, 12, 13]
    counted = Numbers(["a.jpg", "7.jpg"], {})
    assert [counted(n) for n in ("a.jpg", "7.jpg", "a.jpg")] == [1, 2, 1]
    assert [Numbers(["a.jpg", "7.jpg"], {"a.jpg": 5})(n) for n in ("a.jpg", "7.jpg")] == [5, 6]
