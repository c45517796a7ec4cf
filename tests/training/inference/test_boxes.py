from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from smpl_assets.errors import InputError
from smpl_assets.skipped import Skipped
from training.inference import boxes
from training.inference.boxes import read_boxes

BOX = [1.0, 2.0, 30.0, 40.0]


def write(path: Path, document: object) -> Path:
    path.write_text(json.dumps(document))
    return path


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
        xywh, scores = found.of(name)
        assert (xywh.tolist(), scores.tolist()) == ([BOX], [1.0])
    assert len(found.of("b.jpg")[0]) == 0
    assert found.about(["a.jpg", "b.jpg"]) == ({"a.jpg": (90, 60)}, {"a.jpg": 7, "b.jpg": 8})
    assert skipped.counts == {"image_id is none of the file's images": 1, "no box": 1, "entry without image_id": 1}


@pytest.mark.parametrize("image", [139, "000000000139", "000000000139.jpg", "139"])
def test_a_list_of_detections_names_pictures_by_number_or_name(tmp_path: Path, image: object) -> None:
    entries = [
        {"image_id": image, "category_id": 1, "bbox": BOX, "score": 0.7},
        {"image_id": image, "category_id": 18, "bbox": BOX, "score": 0.9},
        {"image_id": image, "category_id": 1, "bbox": BOX, "score": float("nan")},
    ]
    skipped = Skipped()
    xywh, scores = read_boxes(write(tmp_path / "list.json", entries), skipped).of("000000000139.jpg")
    assert (len(xywh), scores.tolist()) == (1, [0.7])
    assert skipped.counts == {"NaN or infinite value": 1}


def test_boxes_of_frames(tmp_path: Path) -> None:
    found = read_boxes(write(tmp_path / "list.json", [{"image_id": "clip.mp4#3", "bbox": BOX}]), Skipped())
    assert [len(found.of(f"clip.mp4#{frame}")[0]) for frame in (2, 3)] == [0, 1]
    assert np.allclose(found.of("clip.mp4#3")[0], BOX)


def test_ids_of_any_type_are_compared_as_readers_do(tmp_path: Path) -> None:
    document = {
        "images": [{"id": "007", "file_name": "a.jpg"}, {"id": [1], "file_name": "b.jpg"}],
        "categories": [{"id": {"x": 1}, "name": "cat"}, {"id": "1", "name": "Person"}],
        "annotations": [{"image_id": 7.0, "category_id": 1, "bbox": BOX}, {"image_id": 7, "category_id": [2], "bbox": BOX}],
    }
    assert len(read_boxes(write(tmp_path / "boxes.json", document), Skipped()).of("a.jpg")[0]) == 1


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
