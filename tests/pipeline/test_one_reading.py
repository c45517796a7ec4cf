"""Training, prediction, translation, backgrounds, statistics and report see a photograph alike, however it is stored."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pipeline.report.inputs import ReportInputs
from pipeline.report.run import Run
from pipeline.report.sections import left_out
from pipeline.report.settings import ReportSettings
from smpl_assets.backgrounds.photos import PhotoBackgrounds
from smpl_assets.photographs import without_people
from smpl_assets.pictures import BadImage, turned
from smpl_assets.pose_table import PoseTable
from smpl_assets.sensor import photo_statistics
from smpl_assets.skipped import Skipped
from style_transfer.domains import read_photographed
from tests.style_transfer.world import STANDING, tiny
from tests.training.datasets.coco_files import document, person
from training.augmented.samples import Part, Samples
from training.augmented.training_set import training_set
from training.datasets.coco import read_coco
from training.feeds.crops import CropDataset
from training.feeds.images import ImageStore
from training.predict import PersonCrops
from training.recipes import Recipe
from training.systems.checkpoint import NetworkCard
from training.train_settings import TrainSettings

SHOWN = (150, 200)  # height, width of what an annotator sees
NOSE = np.array([140.5, 40.5])
MARK = np.array([250, 20, 20])


def picture() -> np.ndarray:
    """What an annotator sees: a calm gradient with one red square, around the person's nose."""
    y, x = np.mgrid[: SHOWN[0], : SHOWN[1]]
    image = np.stack([40 + x // 4, 60 + y // 2, 90 + (x + y) // 8], axis=-1).astype(np.uint8)
    image[34:48, 134:148] = MARK
    return image


def store(path: Path, shown: np.ndarray, orientation: int, annotated_turned: bool) -> None:
    """Save what an annotator saw: stored so that its EXIF data turn it so, or as it is with EXIF data that mislead."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    inverse = {6: 8, 8: 6}.get(orientation, orientation)
    pixels = turned(shown, inverse) if annotated_turned else shown
    Image.fromarray(pixels).save(path, exif=exif.tobytes(), quality=95, subsampling=0)


def keypoints() -> np.ndarray:
    """A person of 120 px, nose on the mark."""
    points = STANDING * 120
    return points - points[0] + NOSE


def dataset(folder: Path, orientation: int, annotated_turned: bool) -> PoseTable:
    """One person on `a.jpg`, nobody on `free.jpg`; `says.jpg` says how the tool showed its photographs."""
    photos = folder / "photos"
    photos.mkdir()
    store(photos / "a.jpg", picture(), orientation, annotated_turned)
    store(photos / "free.jpg", picture(), orientation, annotated_turned)
    store(photos / "says.jpg", picture(), 6, annotated_turned)
    points = np.concatenate([keypoints() - 0.5, np.full((17, 1), 2)], axis=1)
    content = document(person(1, keypoints=points.reshape(-1).tolist(), bbox=[100, 20, 80, 125]), images=3)
    for entry, name in zip(content["images"], ("a.jpg", "free.jpg", "says.jpg"), strict=True):
        entry |= {"file_name": name, "width": SHOWN[1], "height": SHOWN[0]}
    content["annotations"].append(person(2, image=3))
    (folder / "a.json").write_text(json.dumps(content))
    table, skipped = read_coco(folder / "a.json", photos)
    assert skipped.counts == {}
    return table


def run_of(folder: Path, table: PoseTable) -> Run:
    (folder / "people").mkdir()
    table.save(folder / "people" / "poses.npz")
    Skipped().save(folder / "people" / "skipped.json")
    inputs = ReportInputs({"annotations": {"train": folder / "people"}}, {"train": folder / "photos"})
    return Run(inputs, ReportSettings(), folder)


def is_marked(image: np.ndarray, point: np.ndarray) -> bool:
    """Whether the pixel at a point (x, y) is of the square's colour."""
    column, row = (int(v) for v in point)
    return bool(np.abs(np.asarray(image[row, column], int) - MARK).max() < 40)


def training_crop(table: PoseTable, photos: Path) -> tuple[np.ndarray, np.ndarray]:
    rows, ones = np.arange(len(table)), np.ones(len(table))
    samples = Samples("real", rows, rows, ones > 2, rows, ones, ones, ones)
    calm = {"scale_range": 0.0, "rotation_deg": 0.0, "rotation_probability": 0.0, "flip": 0.0, "shift": 0.0, "colour": 0.0}
    settings = TrainSettings.model_validate({"network": "simple_tiny", "input_size": (128, 96), **calm})
    data = CropDataset(training_set(Part(table, samples), {}, Recipe()), ImageStore(photos), settings, 0)
    item = next(item for item in (data[0], data[1]) if item.sample == 0)
    assert item.bad == ""
    return item.image.numpy(), item.keypoints[0, 0].numpy()


def predicted_crop(table: PoseTable, photos: Path) -> tuple[np.ndarray, np.ndarray]:
    card = NetworkCard("simple_tiny", "coco17", table.skeleton.keypoints, (128, 96), "box", 1.25, "baseline")
    item = PersonCrops(table, ImageStore(photos), card)[0]
    assert item["bad"] == ""
    return item["image"].numpy(), item["matrix"].numpy() @ np.append(NOSE, 1)


@pytest.mark.parametrize("annotated_turned", [True, False], ids=["turned", "stored"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_everybody_sees_what_was_annotated(tmp_path: Path, orientation: int, annotated_turned: bool) -> None:
    table, photos = dataset(tmp_path, orientation, annotated_turned), tmp_path / "photos"
    assert is_marked(*training_crop(table, photos))
    assert is_marked(*predicted_crop(table, photos))
    people = read_photographed(table, photos, tiny(), 64, 10, 0)
    assert is_marked(people.images[0], people.keypoints[0, 0] * 64)
    photo = run_of(tmp_path, table).photo("train", 0)
    assert photo is not None
    assert np.abs(photo.astype(int) - picture()).mean() < 2
    (free,) = without_people(table.images, photos)
    assert np.abs(free.read().astype(int) - picture()).mean() < 2
    crop, name = PhotoBackgrounds([free], "here").draw(np.random.default_rng(0), 64)
    assert name == "free.jpg"
    assert crop.shape == (64, 64, 3)
    assert len(photo_statistics([free])) == 1


def spoil_missing(path: Path) -> None:
    path.unlink()


def spoil_cut_off(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def spoil_other_size(path: Path) -> None:
    Image.new("RGB", (SHOWN[1] // 2, SHOWN[0] // 2)).save(path)


def spoil_large(path: Path) -> None:
    Image.new("1", (8000, 7000)).save(path, "PNG")


SPOILT = {
    "no such image": spoil_missing,
    "cut off: the end of the image is missing": spoil_cut_off,
    "its size differs from the annotated size": spoil_other_size,
    "larger than 50 megapixels": spoil_large,
}


@pytest.mark.parametrize("reason", SPOILT)
def test_everybody_counts_the_same_reason(tmp_path: Path, reason: str) -> None:
    table, photos = dataset(tmp_path, 1, False), tmp_path / "photos"
    (free,) = without_people(table.images, photos)
    for name in ("a.jpg", "free.jpg"):
        SPOILT[reason](photos / name)
    for read in (lambda: ImageStore(photos).read("real", "a.jpg", SHOWN[::-1]), free.read):
        with pytest.raises(BadImage) as error:
            read()
        assert str(error.value) == reason
    assert read_photographed(table.select(np.array([0])), photos, tiny(), 64, 10, 0).skipped == {reason: 1}
    assert photo_statistics([free]).skipped == {reason: 1}
    backgrounds = PhotoBackgrounds([free], "here")
    assert backgrounds._load(free) is None
    assert backgrounds.skipped == {reason: 1}
    run = run_of(tmp_path, table)
    assert run.photo("train", 0) is None
    lines = [line for line in left_out.build(run) if line.stage == "report, photographs"]
    assert [(line.count, line.reason, line.examples) for line in lines] == [(1, reason, ("a.jpg",))]


def test_what_is_noted_is_shown_as_not_left_out(tmp_path: Path) -> None:
    run = run_of(tmp_path, dataset(tmp_path, 3, True))
    skipped = Skipped()
    skipped.note("photograph kept out of the backgrounds", "a.json", "free.jpg")
    skipped.save(tmp_path / "people" / "skipped.json")
    (line,) = left_out.build(run)
    assert (line.stage, line.count, line.examples) == ("annotations, train: not left out, but", 1, ("free.jpg",))
