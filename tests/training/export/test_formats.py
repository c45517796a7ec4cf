from __future__ import annotations

import csv
import json
import runpy
import tarfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from smpl_assets.skipped import Skipped
from tests.training.export.small import export_set, keypoints_of
from tests.training.figures import make_scores
from training.augmented.samples import Part, real_samples
from training.augmented.settings import AugmentSettings
from training.datasets.coco import read_coco
from training.export.formats import FORMATS, write_set
from training.export.info import sampling_weights
from training.export.parts import ExportSet, real_part
from training.export.yolo import label_row
from training.train_stage import AugmentedSet

TOLERANCE_PX = 0.01


@pytest.fixture(scope="module")
def found(world: AugmentedSet, tmp_path_factory: pytest.TempPathFactory) -> ExportSet:
    return export_set(world, tmp_path_factory.mktemp("set"))


def written(found: ExportSet, form: str, out: Path) -> Path:
    out.mkdir()
    write_set(found, form, out)
    return out


def read_back_coco(out: Path) -> dict[str, np.ndarray]:
    return _coco(out, out / "annotations.json", "", out) | _coco(out, out / "validation.json", "validation/", out / "validation")


def _coco(out: Path, file: Path, prefix: str, images: Path) -> dict[str, np.ndarray]:
    table, skipped = read_coco(file, images)
    assert not skipped.total
    flags = np.where(table.visible, 2, np.where(table.annotated, 1, 0))
    rows = np.concatenate([table.keypoints - 0.5 * table.annotated[..., None], flags[..., None]], 2)
    return _grouped([prefix + table.file_name(row) for row in range(len(table))], rows)


def _grouped(names: list[str], rows: np.ndarray) -> dict[str, np.ndarray]:
    return {name: rows[[n == name for n in names]] for name in names}


def read_back_yolo(out: Path) -> dict[str, np.ndarray]:
    values = {}
    for path in (out / "images").rglob("*.*"):
        split, name = path.relative_to(out / "images").parts[0], path.relative_to(out / "images")
        label = (out / "labels" / name).with_suffix(".txt")
        rows = np.loadtxt(label, ndmin=2)
        points = rows[:, 5:].reshape(len(rows), -1, 3) * [*Image.open(path).size, 1]
        key = name.relative_to(split).as_posix()
        values[key if split == "train" else f"validation/{key}"] = points
    return values


def read_back_mmpose(out: Path) -> dict[str, np.ndarray]:
    train = _coco(out, out / "annotations/train.json", "", out / "images")
    return train | _coco(out, out / "annotations/validation.json", "", out / "images")


def read_back_fiftyone(out: Path) -> dict[str, np.ndarray]:
    values = {}
    for sample in json.loads((out / "samples.json").read_text())["samples"]:
        size = np.array(Image.open(out / sample["filepath"]).size)
        people = sample["keypoints"]["keypoints"]
        points = np.array([p["points"] for p in people], np.float64) * size - 0.5
        flags = np.array([p["visibility"] for p in people], np.float64)
        values[sample["filepath"].removeprefix("data/")] = np.concatenate([np.nan_to_num(points), flags[..., None]], 2)
    return values


def read_back_webdataset(out: Path) -> dict[str, np.ndarray]:
    values = {}
    for path in sorted(out.glob("*.tar")):
        with tarfile.open(path) as tar:
            names = tar.getnames()
            assert [n.partition(".")[0] for n in names[::2]] == [n.partition(".")[0] for n in names[1::2]]
            for name in names[1::2]:
                labels = json.loads(tar.extractfile(name).read())
                people = [a["keypoints"] for a in labels["annotations"]]
                values[labels["file_name"]] = np.array(people, np.float64).reshape(len(people), -1, 3)
    return values


def read_back_huggingface(out: Path) -> dict[str, np.ndarray]:
    values = {}
    for split in ("train", "validation"):
        for line in (out / split / "metadata.jsonl").read_text().splitlines():
            row = json.loads(line)
            assert (out / split / row["file_name"]).is_file()
            values[row["file_name"]] = np.array(row["objects"]["keypoints"], np.float64)
    return values


READ_BACK: dict[str, Callable[[Path], dict[str, np.ndarray]]] = {
    "coco": read_back_coco, "yolo": read_back_yolo, "mmpose": read_back_mmpose, "fiftyone": read_back_fiftyone,
    "webdataset": read_back_webdataset, "huggingface": read_back_huggingface,
}  # fmt: skip


@pytest.mark.parametrize("form", FORMATS)
def test_keypoints_come_back_from_every_format(form: str, found: ExportSet, tmp_path: Path) -> None:
    out = written(found, form, tmp_path / form)
    back = READ_BACK[form](out)
    given = keypoints_of(found, "train") | keypoints_of(found, "validation")
    assert back.keys() == given.keys()
    assert {name.partition("/")[0] for name in back} == {"real", "render", "validation"}
    for name, points in given.items():
        there = points[..., 2] > 0
        assert np.array_equal(back[name][..., 2], points[..., 2])
        assert np.abs(back[name] - points)[there].max() < TOLERANCE_PX
    info = json.loads((out / "dataset_info.json").read_text())
    assert info["kpt_shape"] == [17, 3]
    assert info["flip_idx"] == list(found.skeleton.flip)
    text = (out / "README.md").read_text()
    assert "```python" in text
    assert "| render | train | 6 | 6 |" in text


def test_sampling_weights_hold_rarity_and_the_synthetic_share(world: AugmentedSet, tmp_path: Path) -> None:
    plain = sampling_weights(export_set(world, tmp_path / "a"))
    own = {item.name: item.people[0]["rarepose"]["loss_weight"] for _, item in export_set(world, tmp_path / "a").of("train")}
    assert np.mean(list(plain.values())) == pytest.approx(1, abs=1e-5)
    assert max(own.values()) > 1
    assert plain["real/023.png"] / plain["real/000.png"] == pytest.approx(own["real/023.png"] / own["real/000.png"], rel=1e-4)
    shared = sampling_weights(export_set(world, tmp_path / "b", share=0.5))
    assert sum(w for name, w in shared.items() if name.startswith("render/")) == pytest.approx(15, abs=1e-3)
    out = written(export_set(world, tmp_path / "c", share=0.5), "coco", tmp_path / "out")
    with open(out / "sampling_weights.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["file_name"]: float(row["sampling_weight"]) for row in rows} == shared


def test_yolo_lists_rare_images_more_often_and_names_the_skeleton(found: ExportSet, tmp_path: Path) -> None:
    out = written(found, "yolo", tmp_path / "yolo")
    lines = (out / "train_weighted.txt").read_text().splitlines()
    assert all((out / line).is_file() for line in lines)
    assert lines.count("./images/train/real/023.png") > lines.count("./images/train/real/000.png") > 0
    text = (out / "data.yaml").read_text()
    assert "path:" not in text
    assert "kpt_shape: [17, 3]" in text
    assert "flip_idx: [0, 2, 1, 4, 3," in text


def test_yolo_finds_a_label_file_of_its_own_for_every_picture(found: ExportSet, tmp_path: Path) -> None:
    """As ultralytics looks for it: below `labels` in place of the last folder `images`, by the stem."""
    names = ["images/0.png", "images/0.jpg", "images_/0.png", "images/0_jpg.png", "1.png", "1.jpg"]
    real, *others = found.parts
    items = [
        replace(item, name=f"real/{name}", people=[person | {"bbox": [0, 0, 2 * row, 9]} for person in item.people])
        for row, (name, item) in enumerate(zip(names, real.items, strict=False), 1)
    ]
    (tmp_path / "yolo").mkdir()
    write_set(replace(found, parts=[replace(real, items=items), *others]), "yolo", tmp_path / "yolo")
    widths = {}
    for line in (tmp_path / "yolo/train_weighted.txt").read_text().splitlines():
        picture = tmp_path / "yolo" / line
        before, _, after = str(picture).rpartition("/images/")
        row = np.loadtxt(Path(f"{before}/labels/{after}").with_suffix(".txt"), ndmin=2)[0]
        widths[line.removeprefix("./images/train/")] = round(row[3] * Image.open(picture).width)
    expected = ["images_/0.png", "images_/0_jpg.jpg", "images_/0_png.png", "images_/0_jpg_png.png", "1.png", "1_jpg.jpg"]
    assert {n: w for n, w in widths.items() if n.startswith("real/")} == {f"real/{n}": 2 * r for r, n in enumerate(expected, 1)}
    with open(tmp_path / "yolo/sampling_weights.csv", newline="") as file:
        assert {row["file_name"] for row in csv.DictReader(file)} == widths.keys()


def test_yolo_has_no_joint_outside_the_image() -> None:
    image = {"width": 100, "height": 40}
    points = [[10.0, 20, 2], [-0.5, 39.5, 1], [99.6, 3, 2], [5, -3, 1], [0, 0, 0]]
    person = {"keypoints": np.reshape(points, -1).tolist(), "bbox": [-5, 10, 50, 60]}
    row, dropped = label_row(person, image)
    assert dropped == 2
    assert np.allclose(row[1:5], [0.225, 0.625, 0.45, 0.75])
    assert np.allclose(np.reshape(row[5:], (5, 3)), [[0.1, 0.5, 2], [-0.005, 0.9875, 1], [0, 0, 0], [0, 0, 0], [0, 0, 0]])


def test_mmpose_knows_the_other_side_of_every_keypoint(found: ExportSet, tmp_path: Path) -> None:
    info = runpy.run_path(str(written(found, "mmpose", tmp_path / "mmpose") / "dataset_info.py"))["dataset_info"]
    names = {point["name"]: point for point in info["keypoint_info"].values()}
    assert names["left_knee"]["swap"] == "right_knee"
    assert (names["nose"]["swap"], names["nose"]["type"], names["left_knee"]["type"]) == ("", "upper", "lower")
    assert all(name in names for limb in info["skeleton_info"].values() for name in limb["link"])
    assert len(info["sigmas"]) == len(info["joint_weights"]) == 17


def test_photographs_are_exported_as_their_labels_mean_them(world: AugmentedSet, tmp_path: Path) -> None:
    table = world.table.select(np.arange(3))
    root = tmp_path / "images"
    root.mkdir()
    exif = Image.Exif()
    exif[0x0112] = 6
    for name in table.images.file_name[:2]:
        Image.open(world.image_root / name).convert("RGB").resize((96, 50)).save(root / name, "JPEG", exif=exif)
    orientation = table.images.orientation.copy()
    orientation[1] = 6
    table = replace(table, images=replace(table.images, orientation=orientation))
    skipped = Skipped()
    part = real_part("real", "train", Part(table, real_samples(make_scores(3, 1), AugmentSettings())), root, skipped)
    assert skipped.counts["no such image"] == len(table.images) - 2
    for item, size in zip(part.items, [(96, 50), (50, 96)], strict=True):
        part.put(item, tmp_path / "out" / item.name)
        with Image.open(tmp_path / "out" / item.name) as image:
            assert image.size == size == (item.image["width"], item.image["height"])
            assert image.getexif().get(0x0112, 1) == 1
