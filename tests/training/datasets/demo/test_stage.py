import json

import cv2
import numpy as np
import pytest

from smpl_assets.pose_table import PoseTable
from smpl_assets.work import Bench
from tests.smpl_assets.masks import decode_mask
from tests.training.datasets.demo.conftest import PEOPLE, SIDE
from training.datasets.demo.stage import make_demo
from training.datasets.settings import DataSettings


@pytest.fixture(scope="module")
def document(demo):
    return json.loads((demo / "annotations.json").read_text())


def test_the_artifact_is_what_the_coco_reader_makes_of_it(demo, document):
    table = PoseTable.load(demo / "poses.npz")
    assert len(table) == len(document["annotations"]) <= PEOPLE
    assert len(table) >= PEOPLE - 2
    assert table.skeleton.name == "coco17"
    assert json.loads((demo / "skipped.json").read_text())["counts"] == {}
    x, y, flag = np.array(document["annotations"][0]["keypoints"]).reshape(-1, 3).T
    known = flag > 0
    np.testing.assert_array_equal(table.annotated[0], known)
    np.testing.assert_allclose(table.keypoints[0][known], np.stack([x, y], 1)[known] + 0.5, atol=1e-3)


def test_every_picture_is_there_in_the_size_that_is_written(demo, document):
    for entry in document["images"]:
        image = cv2.imread(str(demo / "images" / entry["file_name"]))
        assert image.shape == (entry["height"], entry["width"], 3)
        assert max(image.shape) == SIDE
        assert image.std() > 5


def test_some_pictures_are_without_people(demo):
    table = PoseTable.load(demo / "poses.npz")
    empty = table.images.without_people()
    assert len(empty) >= 2
    assert len(empty) < len(table.images) / 2


def test_keypoints_lie_in_the_frame_and_seen_ones_on_people(document):
    shapes = {i["id"]: (i["height"], i["width"]) for i in document["images"]}
    off = seen = 0
    for annotation in document["annotations"]:
        height, width = shapes[annotation["image_id"]]
        mask = decode_mask(annotation["segmentation"])
        assert mask.sum() == annotation["area"]
        near = cv2.dilate(mask.astype(np.uint8), np.ones((5, 5), np.uint8))
        for x, y, v in np.array(annotation["keypoints"]).reshape(-1, 3):
            if not v:
                assert (x, y) == (0, 0)
                continue
            assert -0.5 <= x <= width - 0.5
            assert -0.5 <= y <= height - 0.5
            if v == 2:
                seen += 1
                off += not near[int(np.clip(round(y), 0, height - 1)), int(np.clip(round(x), 0, width - 1))]
    assert seen > 5 * PEOPLE
    assert off <= 0.03 * seen


def test_boxes_hold_the_segments(document):
    for annotation in document["annotations"]:
        rows, columns = np.nonzero(decode_mask(annotation["segmentation"]))
        x, y, w, h = annotation["bbox"]
        assert abs(columns.min() - x) < 1.01
        assert abs(rows.min() - y) < 1.01
        assert abs(columns.max() + 1 - x - w) < 1.01
        assert abs(rows.max() + 1 - y - h) < 1.01


def test_few_people_take_unusual_poses(document):
    unusual = [a["demo"]["unusual"] for a in document["annotations"]]
    assert sum(unusual) <= 1 + 0.06 * PEOPLE
    assert all(a["demo"]["posture"] for a in document["annotations"])


def test_the_same_seed_gives_the_same_bytes_and_another_split_others(tmp_path):
    settings = DataSettings(people=3, image_size=64)
    outs = []
    for name, split in (("a", "train"), ("b", "train"), ("c", "validation")):
        folder = tmp_path / name
        folder.mkdir()
        make_demo(settings, split, Bench(1, folder))
        outs.append({p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()})
    assert outs[0] == outs[1]
    assert outs[0]["annotations.json"] != outs[2]["annotations.json"]
    assert outs[0]["images/000000000001.jpg"] != outs[2]["images/000000000001.jpg"]
