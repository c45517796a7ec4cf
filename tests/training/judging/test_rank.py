"""Images without labels: what is read, how they are ranked, what labelling tools get."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree

import cv2
import numpy as np
import pytest
from PIL import ExifTags, Image

from smpl_assets.errors import InputError
from smpl_assets.pose_table import ImageTable
from smpl_assets.skipped import Skipped
from tests.training.datasets.coco_files import document, person
from tests.training.rarity.people import make_people
from training.judging.hashes import difference_hash, hash_files
from training.judging.labelling import write_cvat, write_label_studio
from training.judging.rank import rank_images
from training.judging.truth import read_truth
from training.judging.unlabelled import Unlabelled, read_unlabelled

LABELLED = make_people(80)


def found(count: int = 20, upside_down: int = 3) -> Unlabelled:
    """People on one image each, the last ones upside down; the first ones are those that the model is least sure of."""
    table = make_people(count, seed=5, upside_down=upside_down)
    score = np.linspace(0.3, 0.9, count)
    return Unlabelled(table, score, np.ones(table.annotated.shape), 0, Skipped())


def test_rare_poses_or_unsure_ones_come_first():
    people = found()
    assert set(rank_images(people, LABELLED, "rarity", 0).image[:3]) == {17, 18, 19}
    assert rank_images(people, LABELLED, "confidence", 0).image.tolist() == list(range(20))
    both = rank_images(people, LABELLED, "both", 0)
    assert both.priority.tolist() == sorted(both.priority, reverse=True)
    assert sorted(both.image.tolist()) == list(range(20))


def test_an_image_is_as_urgent_as_its_most_urgent_person():
    people = found()
    image = np.append(np.arange(19), 0)  # the last one, upside down, stands on the first image
    ranking = rank_images(
        dataclasses.replace(people, table=dataclasses.replace(people.table, image=image)), LABELLED, "rarity", 0
    )
    place = ranking.image.tolist().index(0)
    assert place < 3
    assert ranking.person[place] == 19


def test_few_joints_are_no_rare_pose():
    people = found()
    known = people.table.annotated.copy()
    known[19, 3:] = False
    ranking = rank_images(
        dataclasses.replace(people, table=dataclasses.replace(people.table, annotated=known, visible=known)),
        LABELLED,
        "rarity",
        0,
    )
    assert ranking.rarity[ranking.image.tolist().index(19)] == 0


def test_a_scene_is_asked_for_once():
    people = found()
    points = people.table.keypoints.copy()
    points[18] = points[19] + 1.0
    box = people.table.bbox_xywh.copy()
    box[18] = box[19] + [1, 1, 0, 0]
    people = dataclasses.replace(people, table=dataclasses.replace(people.table, keypoints=points, bbox_xywh=box))
    ranking = rank_images(people, LABELLED, "rarity", 0)
    assert {ranking.image[-1], ranking.like[-1]} == {18, 19}
    assert (ranking.like[:-1] == -1).all()
    different = np.arange(20, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    assert (rank_images(people, LABELLED, "rarity", 0, different).like == -1).all()
    different[3] = different[4] ^ np.uint64(0b111)
    ranking = rank_images(people, LABELLED, "confidence", 0, different)
    assert (ranking.image[-1], ranking.like[-1]) == (4, 3)


def test_hashes_tell_scenes_apart(tmp_path):
    rng = np.random.default_rng(0)
    one, other = (cv2.resize(rng.integers(0, 255, (12, 12, 3), np.uint8), (200, 150)) for _ in range(2))
    near = np.clip(one.astype(int) + rng.normal(0, 6, one.shape), 0, 255).astype(np.uint8)
    assert np.bitwise_count(difference_hash(one) ^ difference_hash(near)) <= 5
    assert np.bitwise_count(difference_hash(one) ^ difference_hash(other)) > 15
    cv2.imwrite(str(tmp_path / "a.png"), one[..., ::-1])
    (tmp_path / "b.png").write_text("none")
    hashes = hash_files(tmp_path, ["a.png", "b.png", "c.png"])
    assert hashes[0] == difference_hash(one)
    assert len(set(hashes.tolist())) == 3


def result(**changes: Any) -> dict[str, Any]:
    return {
        "image_id": 7,
        "score": 0.5,
        "keypoints": [v for j in range(17) for v in (20 + j, 10 + 2 * j, 0.1 * (j % 10))],
    } | changes


@pytest.fixture
def here(tmp_path) -> Path:
    """Labelled people, and a folder of two other images, 100 x 80 px."""
    (tmp_path / "labelled.json").write_text(json.dumps(document(person(1))))
    (tmp_path / "images" / "new").mkdir(parents=True)
    for name in ("new/000007.jpg", "other.jpg"):
        cv2.imwrite(str(tmp_path / "images" / name), np.full((80, 100, 3), 90, np.uint8))
    return tmp_path


def read(here: Path, content: Any, images: bool = True, names: Path | None = None) -> Unlabelled:
    (here / "results.json").write_text(json.dumps(content))
    like = read_truth(here / "labelled.json")
    return read_unlabelled(here / "results.json", like, here / "images" if images else None, names, 0.2)


def test_images_of_a_folder_are_known_by_number_or_name(here):
    people = read(here, [result(), result(image_id=None, file_name="other.jpg"), result(image_id=99)])
    assert [people.table.file_name(k) for k in range(2)] == ["new/000007.jpg", "other.jpg"]
    assert people.table.images.size_wh.tolist() == [[100, 80]] * 2
    assert (people.silent, people.skipped.counts) == (0, {"result of an image that is not there": 1})
    assert people.table.annotated[0].tolist() == [0.1 * (j % 10) >= 0.2 for j in range(17)]


@pytest.mark.parametrize(("orientation", "size"), [(6, [80, 100]), (8, [80, 100]), (3, [100, 80]), (1, [100, 80])])
def test_photographs_are_as_large_as_tools_show_them(here, tmp_path, orientation, size):
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    Image.new("RGB", (100, 80)).save(here / "images" / "other.jpg", exif=exif)
    (here / "labels").mkdir()
    (here / "labels" / "other.txt").write_text(f"0 0.5 0.5 0.2 0.6 {'0.75 0.5 0.9 ' * 17} 0.8")
    people = read_unlabelled(here / "labels", read_truth(here / "labelled.json"), here / "images", None, 0.2)
    assert people.table.keypoints[0, 0].tolist() == [0.75 * size[0], 0.5 * size[1]]
    row = int(people.table.image[0])
    write_cvat(tmp_path / "cvat.xml", people, [row])
    write_label_studio(tmp_path / "tasks.json", people, [row], "")
    (image,) = ElementTree.parse(tmp_path / "cvat.xml").getroot().iter("image")
    region = json.loads((tmp_path / "tasks.json").read_text())[0]["predictions"][0]["result"][1]
    assert [int(image.get("width")), int(image.get("height"))] == size == [region["original_width"], region["original_height"]]
    assert (region["value"]["x"], region["value"]["y"]) == pytest.approx((75, 50))


def test_names_of_ids_from_a_list_and_no_names_at_all(here):
    names = here / "names.json"
    names.write_text(json.dumps({"images": [{"id": 7, "file_name": "x/y.jpg", "width": 100, "height": 80}]}))
    assert read(here, [result()], images=False, names=names).table.images.file_name == ("x/y.jpg",)
    assert read(here, [result()], images=False).table.images.file_name == ("7",)


def test_what_cannot_be_ranked(here):
    with pytest.raises(InputError, match="none of 1 results is on an image") as refused:
        read(here, [result(image_id=99)])
    assert "--names" in refused.value.next_step
    like = read_truth(here / "labelled.json")
    with pytest.raises(InputError, match="sizes are not known"):
        read_unlabelled(here / "images", like, None, None, 0.2)
    with pytest.raises(InputError, match="no such file"):
        read_unlabelled(here / "none.json", like, None, None, 0.2)
    unnamed = read(here, [result()], images=False)
    for write in (lambda: write_cvat(here / "x", unnamed, [0]), lambda: write_label_studio(here / "x", unnamed, [0], "")):
        with pytest.raises(InputError, match="needs the sizes"):
            write()


def tasks() -> Unlabelled:
    people = found(4, 1)
    known = people.table.annotated.copy()
    known[1, 2] = False
    images = ImageTable.of(["a.jpg", "b <&>.jpg"], size_wh=np.array([[400, 300], [640, 480]]))
    table = dataclasses.replace(people.table, annotated=known, visible=known, images=images, image=np.array([0, 1, 1, 0]))
    return dataclasses.replace(people, table=table)


def test_cvat_gets_the_skeletons(tmp_path):
    people = tasks()
    write_cvat(tmp_path / "cvat.xml", people, [1])
    (image,) = ElementTree.parse(tmp_path / "cvat.xml").getroot().iter("image")
    assert (image.get("name"), image.get("width"), image.get("height")) == ("b <&>.jpg", "640", "480")
    first, second = image.iter("skeleton")
    assert [p.get("label") for p in first.iter("points")] == list(people.table.skeleton.keypoints)
    assert [p.get("outside") for p in first.iter("points")] == ["0" if k else "1" for k in people.table.annotated[1]]
    points = np.array([p.get("points").split(",") for p in second.iter("points")], float)
    assert np.allclose(points, people.table.keypoints[2], atol=0.006)


def test_cvat_s_importer_finds_every_attribute_that_it_reads(tmp_path):
    """Those that cvat/apps/dataset_manager/formats/cvat.py asks of an image, a skeleton and its points."""
    people = tasks()
    write_cvat(tmp_path / "cvat.xml", people, [0, 1])
    root = ElementTree.parse(tmp_path / "cvat.xml").getroot()
    assert root.tag == "annotations"
    assert root.findtext("version") == "1.1"
    images = root.findall("image")
    assert [(i.get("id"), i.get("name")) for i in images] == [("0", "a.jpg"), ("1", "b <&>.jpg")]
    for skeleton in (s for image in images for s in image.findall("skeleton")):
        assert skeleton.get("label") == "person"
        assert skeleton.get("occluded") == skeleton.get("z_order") == "0"
        for point in skeleton.findall("points"):
            assert {point.get("outside"), point.get("occluded")} <= {"0", "1"}
            (pair,) = point.get("points").split(";")
            assert len([float(v) for v in pair.split(",")]) == 2
        assert {child.tag for child in skeleton} == {"points"}


def test_label_studio_s_regions_have_the_fields_of_its_format(tmp_path):
    """labelstud.io/guide/predictions: ids of their own, percent of the image, names and types of the labelling configuration."""
    people = tasks()
    write_label_studio(tmp_path / "tasks.json", people, [0, 1], "")
    config = ElementTree.parse(tmp_path / "tasks.xml").getroot()
    tags = {tag.get("name"): tag.tag.lower() for tag in config if tag.get("toName")}
    (image,) = config.findall("Image")
    for task in json.loads((tmp_path / "tasks.json").read_text()):
        assert set(task) == {"data", "predictions"}
        assert image.get("value") == "$image"
        (prediction,) = task["predictions"]
        assert 0 <= prediction["score"] <= 1
        regions = {region["id"]: region for region in prediction["result"]}
        assert len(regions) == len(prediction["result"])
        for region in regions.values():
            assert region["to_name"] == image.get("name")
            assert region["type"] == tags[region["from_name"]]
            assert region["original_width"] > 0
            assert region["original_height"] > 0
            assert region["image_rotation"] == 0
            value, kind = region["value"], region["type"]
            assert {"x", "y", "width", kind} <= set(value)
            assert set(value[kind]) <= {label.get("value") for label in config.iter("Label")}
            assert kind == "rectanglelabels" or regions[region["parentID"]]["type"] == "rectanglelabels"


def test_label_studio_gets_points_and_boxes(tmp_path):
    people = tasks()
    write_label_studio(tmp_path / "tasks.json", people, [1], "/data/local-files/?d=")
    (task,) = json.loads((tmp_path / "tasks.json").read_text())
    address = task["data"]["image"]
    assert parse_qs(urlsplit(address).query) == {"d": ["b <&>.jpg"]}  # what Label Studio asks its own disk for
    shapes = task["predictions"][0]["result"]
    points = [s for s in shapes if s["type"] == "keypointlabels" and s["parentID"] == "person2"]
    names = [s["value"]["keypointlabels"][0] for s in points]
    assert names == list(people.table.skeleton.keypoints)
    places = np.array([[s["value"]["x"] * 6.40, s["value"]["y"] * 4.80] for s in points])
    assert np.allclose(places, people.table.keypoints[2], atol=1e-6)
    assert sum(s["type"] == "rectanglelabels" for s in shapes) == 2
    config = ElementTree.parse(tmp_path / "tasks.xml").getroot()
    assert {e.get("value") for e in config.iter("Label")} == {"person", *people.table.skeleton.keypoints}
