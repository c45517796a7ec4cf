from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from smpl_assets.errors import InputError
from smpl_assets.skipped import Skipped
from training.inference import boxes
from training.inference.boxes import BoxFile, read_boxes
from training.inference.pictures import VIDEO_ENDINGS, Source

BOX = [1.0, 2.0, 30.0, 40.0]


def write(path: Path, document: object) -> Path:
    path.write_text(json.dumps(document))
    return path


def among(found: BoxFile, *names: str) -> BoxFile:
    return found.among([Source(Path(name), name, Path(name).suffix in VIDEO_ENDINGS) for name in names])


def annotations(*names: str) -> dict[str, object]:
    """COCO annotations with a person on each image, whose ids count from 100."""
    images = [{"id": 100 + row, "file_name": name, "width": 90, "height": 60} for row, name in enumerate(names)]
    people = [{"image_id": image["id"], "category_id": 1, "bbox": BOX} for image in images]
    return {"images": images, "annotations": people, "categories": [{"id": 1, "name": "person"}]}


def detections(*images: object) -> list[dict[str, object]]:
    return [{"image_id": image, "bbox": BOX, "score": 0.5} for image in images]


def test_annotations_name_their_pictures(tmp_path: Path) -> None:
    document = {
        "images": [{"id": 7, "file_name": "val/a.jpg", "width": 90, "height": 60}, {"id": 8, "file_name": "val/b.jpg"}],
        "categories": [{"id": 3, "name": "person"}, {"id": 4, "name": "dog"}],
        "annotations": [
            {"image_id": 7, "category_id": 3, "bbox": BOX},
            {"image_id": 7, "category_id": 4, "bbox": BOX},
            {"image_id": 8, "category_id": 3, "bbox": BOX, "iscrowd": 1},
            {"image_id": 9, "category_id": 3, "bbox": BOX},
            {"image_id": 8, "category_id": 3, "bbox": [0, 0, 0, 0]},
            "nothing",
        ],
    }
    skipped = Skipped()
    found = read_boxes(write(tmp_path / "boxes.json", document), skipped)
    for name in ("val/a.jpg", "a.jpg", "elsewhere/a.jpg"):
        xywh, scores = among(found, name).of(name)
        assert (xywh.tolist(), scores.tolist()) == ([BOX], [1.0])
    known = among(found, "a.jpg", "b.jpg")
    assert len(known.of("b.jpg")[0]) == 0
    assert (known.sizes, known.numbers) == ({"a.jpg": (90, 60)}, {"a.jpg": 7, "b.jpg": 8})
    assert skipped.counts == {"image_id is none of the file's images": 1, "no box": 1, "entry without image_id": 1}


@pytest.mark.parametrize("image", [139, "000000000139", "000000000139.jpg", "139"])
def test_a_list_of_detections_names_pictures_by_number_or_name(tmp_path: Path, image: object) -> None:
    entries = [
        {"image_id": image, "category_id": 1, "bbox": BOX, "score": 0.7},
        {"image_id": image, "category_id": 18, "bbox": BOX, "score": 0.9},
        {"image_id": image, "category_id": 1, "bbox": BOX, "score": float("nan")},
    ]
    skipped = Skipped()
    found = among(read_boxes(write(tmp_path / "list.json", entries), skipped), "000000000139.jpg")
    xywh, scores = found.of("000000000139.jpg")
    assert (len(xywh), scores.tolist()) == (1, [0.7])
    assert skipped.counts == {"NaN or infinite value": 1}


def test_boxes_of_frames(tmp_path: Path) -> None:
    found = among(read_boxes(write(tmp_path / "list.json", detections("clip.mp4#3")), Skipped()), "deep/clip.mp4")
    assert [len(found.of(f"deep/clip.mp4#{frame}")[0]) for frame in (2, 3)] == [0, 1]
    assert np.allclose(found.of("deep/clip.mp4#3")[0], BOX)


def test_frames_of_annotations_have_boxes_and_ids(tmp_path: Path) -> None:
    names = ["clip.mp4#0", "clip.mp4#12", "C:\\films\\other.avi#3", "clip.jpg"]
    found = among(read_boxes(write(tmp_path / "boxes.json", annotations(*names)), Skipped()), "clip.mp4", "other.avi", "clip.jpg")
    assert found.numbers == {"clip.mp4#0": 100, "clip.mp4#12": 101, "other.avi#3": 102, "clip.jpg": 103}
    assert found.boxes.keys() == found.numbers.keys()


NAMES = ["3f2a9b1c-7d1e-4c2b-9f00-abcdef012345.jpg", "a+b.jpg", "photo#1.jpg", "photo.jpg", "100%20.jpg", "plain.jpg"]


@pytest.mark.parametrize(
    "listed", [annotations(*NAMES), detections(*NAMES), detections(*(n.removesuffix(".jpg") for n in NAMES))]
)
def test_names_count_as_they_are_written(listed: object, tmp_path: Path) -> None:
    found = among(read_boxes(write(tmp_path / "boxes.json", listed), Skipped()), *NAMES)
    assert {name: len(found.of(name)[0]) for name in NAMES} == dict.fromkeys(NAMES, 1)


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("D:\\set\\a.jpg", "a.jpg"),
        ("my%20photo.jpg", "my photo.jpg"),
        ("upload/1/3f2a9b1c-cat.jpg", "cat.jpg"),
        ("/data/local-files/?d=photos/a.jpg", "photos/a.jpg"),
    ],
)
def test_other_spellings_count_where_they_are_nobody_elses(written: str, name: str, tmp_path: Path) -> None:
    alone = read_boxes(write(tmp_path / "alone.json", annotations(written)), Skipped())
    assert among(alone, name).numbers == {name: 100}
    both = read_boxes(write(tmp_path / "both.json", annotations(written, name)), Skipped())
    assert among(both, name).numbers == {name: 101}


def test_what_follows_a_hash_is_part_of_an_images_name(tmp_path: Path) -> None:
    found = read_boxes(write(tmp_path / "boxes.json", annotations("photo#1.jpg")), Skipped())
    assert not among(found, "photo.jpg").boxes


def test_a_picture_has_one_name_and_a_name_one_picture(tmp_path: Path) -> None:
    found = read_boxes(write(tmp_path / "boxes.json", annotations("a+b.jpg", "train/1.jpg", "val/1.jpg", "c.jpg")), Skipped())
    assert among(found, "a+b.jpg", "a b.jpg").numbers == {"a+b.jpg": 100}
    assert among(found, "two/train/1.jpg", "two/val/1.jpg").numbers == {"two/train/1.jpg": 101, "two/val/1.jpg": 102}
    assert among(found, "train/1.jpg", "val/1.jpg", "test/1.jpg").numbers == {"train/1.jpg": 101, "val/1.jpg": 102}
    assert among(found, "c.jpg", "deep/c.jpg").numbers == {"c.jpg": 103}


@pytest.mark.parametrize(
    ("listed", "pictures", "called"),
    [
        (annotations("1.jpg"), ["train/1.jpg", "val/1.jpg"], "1.jpg"),
        (annotations("train/1.jpg", "val/1.jpg"), ["1.jpg"], "1.jpg"),
        (detections("a"), ["a.jpg", "a.png"], "a"),
        (detections(139), ["train/000139.jpg", "val/139.jpg"], "139"),
        (detections("clip.mp4#3"), ["a/clip.mp4", "b/clip.mp4"], "clip.mp4"),
    ],
)
def test_a_name_that_may_be_either_of_two_pictures_is_refused(
    listed: object, pictures: list[str], called: str, tmp_path: Path
) -> None:
    found = read_boxes(write(tmp_path / "boxes.json", listed), Skipped())
    with pytest.raises(InputError, match=rf"two pictures are called {called} in .*boxes\.json"):
        among(found, *pictures)


def test_a_list_of_detections_gives_pictures_the_ids_that_it_has(tmp_path: Path) -> None:
    found = read_boxes(write(tmp_path / "list.json", detections(139, "000000000285", "a")), Skipped())
    known = among(found, "000000000139.jpg", "285.jpg", "a.jpg")
    assert (known.numbers, found.numbers) == ({"000000000139.jpg": 139, "285.jpg": 285}, {"139": 139, "285": 285})


def test_ids_of_any_type_are_compared_as_readers_do(tmp_path: Path) -> None:
    document = {
        "images": [{"id": "007", "file_name": "a.jpg"}, {"id": [1], "file_name": "b.jpg"}],
        "categories": [{"id": {"x": 1}, "name": "cat"}, {"id": "1", "name": "Person"}],
        "annotations": [{"image_id": 7.0, "category_id": 1, "bbox": BOX}, {"image_id": 7, "category_id": [2], "bbox": BOX}],
    }
    found = among(read_boxes(write(tmp_path / "boxes.json", document), Skipped()), "a.jpg")
    assert (len(found.of("a.jpg")[0]), found.numbers) == (1, {"a.jpg": 7})


def test_a_file_too_large_for_memory_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(boxes, "MOST_BYTES", 10)
    with pytest.raises(InputError, match="split the file"):
        read_boxes(write(tmp_path / "boxes.json", [{"image_id": 1, "bbox": BOX}]), Skipped())


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ("{", "not JSON"),
        ({"detections": []}, "found: detections"),
        ([], "it lists none"),
        (7, "not a file of person boxes"),
        ([{"image_id": 1, "bbox": [1, 2, 3]}], "1 x box is not x, y, width, height"),
    ],
)
def test_another_file_is_refused(tmp_path: Path, document: object, said: str) -> None:
    path = tmp_path / "boxes.json"
    path.write_text(document if isinstance(document, str) else json.dumps(document))
    with pytest.raises(InputError, match=said):
        read_boxes(path, Skipped())
