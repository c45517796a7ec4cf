"""The readers on publishers' own files, where a folder with them stands beside the checkout."""

from pathlib import Path

import h5py
import numpy as np
import pytest

from training.datasets.settings import DataSettings
from training.datasets.stage import read_poses, recognise_format

DATA = Path(__file__).resolve().parents[4] / "shared" / "data"

# file, image folder, format, skeleton, people, images, images without people
FILES = [
    ("coco_mini/annotations/person_keypoints_train2017.json", "coco_mini/train2017", "coco", "coco17", 142, 44, 16),
    ("coco_mini/annotations/person_keypoints_val2017.json", "coco_mini/val2017", "coco", "coco17", 92, 44, 12),
    ("mmpose/coco/test_coco.json", "mmpose/coco", "coco", "coco17", 14, 4, 0),
    ("mmpose/mpii/test_mpii_trb.json", "mmpose/mpii", "coco", "person40", 5, 5, 0),
    ("mmpose/mpii/test_mpii.json", "mmpose/mpii", "mpii", "mpii16", 5, 5, 0),
    ("mpii_valid_full/valid.h5", "", "mpii", "mpii16", 2958, 2729, 0),
    ("mpii_json_sample168/mpii_annotations.json", "", "mpii", "mpii16", 168, 100, 0),
    ("lsp/joints.mat", "", "lsp", "lsp14", 2000, 2000, 0),
    ("mmpose/posetrack18/annotations/test_posetrack18_val.json", "mmpose/posetrack18", "posetrack", "posetrack17", 14, 3, 0),
    ("mmpose/posetrack18/annotations/val", "mmpose/posetrack18/images", "posetrack", "posetrack17", 14, 3, 0),
]


@pytest.mark.parametrize("row", [r for r in FILES if (DATA / r[0]).exists()], ids=lambda r: r[0])
def test_reads(row):
    file, images, kind, skeleton, people, image_count, without_people = row
    assert recognise_format(DATA / file) == kind
    settings = DataSettings(format=kind, annotations=str(DATA / file), images=str(DATA / images) if images else "")
    table, skipped = read_poses(settings)
    assert (table.skeleton.name, len(table), len(table.images)) == (skeleton, people, image_count)
    assert len(table.images.without_people()) == without_people
    assert skipped.read == people
    assert (table.bbox_xywh[:, 2:] > 0).all()
    assert not table.keypoints[~table.annotated].any()


@pytest.mark.parametrize("folder", [p for p in [DATA / "mmpose" / "mpii"] if (DATA / "mpii_valid_full").exists() and p.exists()])
def test_mpii_json_and_hourglass_file_are_the_same_people(folder):
    short, _ = read_poses(DataSettings(format="mpii", annotations=str(folder / "test_mpii.json")))
    long, _ = read_poses(DataSettings(format="mpii", annotations=str(DATA / "mpii_valid_full" / "valid.h5"), limit=5))
    np.testing.assert_allclose(short.keypoints, long.keypoints, atol=1)
    np.testing.assert_allclose(short.center, long.center, atol=1e-6)
    np.testing.assert_allclose(short.scale, long.scale, atol=1e-6)
    np.testing.assert_allclose(short.head_size, long.head_size, rtol=1e-3)


@pytest.mark.parametrize("path", [p for p in [DATA / "mpii_valid_full" / "valid.h5"] if p.exists()], ids=lambda p: p.name)
def test_mpii_counts_of_missing_joints(path):
    table, _ = read_poses(DataSettings(format="mpii", annotations=str(path)))
    assert (~table.annotated).sum() == 3088
    assert table.annotated.all(axis=1).sum() == 2017
    with h5py.File(path) as file:
        np.testing.assert_allclose(table.center[:, 1] + 0.5 + 15 * table.scale, file["center"][:, 1])
