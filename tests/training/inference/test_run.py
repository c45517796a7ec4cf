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


def test_results_have_the_ids_of_the_file_of_boxes(estimator: Estimator, folder: Path, tmp_path: Path) -> None:
    named = {139: "000000000139.png", 500: "clip.mp4#0", 503: "clip.mp4#3", 900: "not there.jpg"}
    people = [{"image_id": number, "category_id": 1, "bbox": [5, 5, 40, 40]} for number in (139, 503)]
    document = {"images": [{"id": n, "file_name": name} for n, name in named.items()], "annotations": people}
    (tmp_path / "boxes.json").write_text(json.dumps(document))
    (tmp_path / "out").mkdir()
    boxes = read_boxes(tmp_path / "boxes.json", Skipped())
    predict(estimator, find_sources([folder]), tmp_path / "out", Looking(boxes, overlays=False), Skipped())
    numbers = {i["id"]: i["file_name"] for i in json.loads((tmp_path / "out/images.json").read_text())["images"]}
    assert len(numbers) == 7
    assert {number: numbers[number] for number in named if number in numbers} == {n: named[n] for n in (139, 500, 503)}
    assert min(numbers.keys() - named.keys()) == 901
    assert [r["image_id"] for r in json.loads((tmp_path / "out/results.json").read_text())] == [139, 503]


def test_a_photograph_is_turned_as_its_boxes_say(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(noise(40, 60)).save(tmp_path / "a.jpg", exif=exif)
    shapes = [
        next(read_pictures(find_sources([tmp_path]), sizes, Skipped(), 50.0)).image.shape[:2]
        for sizes in ({}, {"a.jpg": (60, 40)}, {"a.jpg": (40, 60)})
    ]
    assert shapes == [(60, 40), (40, 60), (60, 40)]


def test_photographs_whose_size_says_nothing_follow_the_others_of_the_file(tmp_path: Path) -> None:
    left, right = np.zeros((40, 60, 3), np.uint8), np.full((40, 60, 3), 255, np.uint8)
    exif = Image.Exif()
    for name, orientation in (("half.png", 3), ("turned.png", 6), ("upright.png", 1)):
        exif[0x0112] = orientation
        Image.fromarray(np.concatenate([left, right], 1)).save(tmp_path / name, exif=exif)
    (tmp_path / "broken.png").write_bytes(b"nothing")
    stored, turned = (120, 40), (40, 120)

    def first_pixel(sizes: dict[str, tuple[int, int]]) -> int:
        sizes |= {"half.png": stored, "upright.png": stored, "broken.png": stored}
        found = read_pictures(find_sources([tmp_path]), sizes, Skipped(), 50.0)
        return next(int(p.image[0, 0, 0]) for p in found if p.name == "half.png")

    assert first_pixel({"turned.png": turned}) == 255
    assert first_pixel({"turned.png": stored}) == 0
    assert first_pixel({}) == 255


def test_overlays_of_one_stem_keep_their_endings(estimator: Estimator, tmp_path: Path) -> None:
    place, out = tmp_path / "in", tmp_path / "out"
    place.mkdir()
    out.mkdir()
    sizes = {"a.jpg": (40, 30), "a.png": (50, 30), "a.png.jpg": (60, 30)}
    for name, (width, height) in sizes.items():
        Image.fromarray(noise(height, width)).save(place / name)
    make_video(place / "clip.avi", 2)
    make_video(place / "clip.mp4", 4)
    predict(estimator, find_sources([place]), out, Looking(), Skipped())
    drawn = {path.name: read_header(path).size_wh[0] for path in (out / "overlays").glob("*.jpg")}
    assert drawn == {"a.jpg": 40, "a.png.jpg": 50, "a.png.jpg.jpg": 60}
    films = {path.name: len(list(open_footage(str(path)).shots())) for path in (out / "overlays").glob("*.mp4")}
    assert films == {"clip.mp4": 2, "clip.mp4.mp4": 4}


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
    counted = Numbers(["a.jpg", "7.jpg", "b.jpg"], {})
    assert [counted(n) for n in ("a.jpg", "7.jpg", "b.jpg", "a.jpg")] == [8, 7, 9, 8]
    mixed = Numbers(["000139.jpg", "285.jpg", "notes.jpg", "4.jpg"], {"000139.jpg": 139}, [139, 285, 600])
    assert [mixed(n) for n in ("000139.jpg", "285.jpg", "notes.jpg", "4.jpg")] == [139, 601, 602, 4]
    double = Numbers(["a.jpg", "b.jpg", "train/7.jpg", "val/7.jpg"], {"a.jpg": 5, "b.jpg": 5})
    assert [double(n) for n in ("a.jpg", "b.jpg", "train/7.jpg", "val/7.jpg")] == [5, 6, 7, 8]
