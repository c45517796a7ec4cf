"""`rarepose judge`: files of any model to one page, without a store."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import ExifTags, Image
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.judge import photos as photos_module
from pipeline.judge.photos import Photos
from smpl_assets.errors import InputError
from smpl_assets.pictures import read_header
from tests.training.rarity.people import make_people
from training.datasets.image_sizes import OTHER_SCALE

PEOPLE = 60


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Annotations of upright people, the last four upside down; a model that loses these, and one that finds everybody."""
    folder = tmp_path_factory.mktemp("judge")
    table = make_people(PEOPLE, upside_down=4)
    names = list(table.skeleton.keypoints)
    images = [{"id": k + 1, "file_name": f"{k:03d}.jpg", "width": 400, "height": 400} for k in range(PEOPLE)]
    people, poor, good = [], [], []
    for k in range(PEOPLE):
        points = table.keypoints[k] - 0.5
        flat = np.concatenate([points, np.full((len(names), 1), 2)], 1).reshape(-1).tolist()
        shared = {"image_id": k + 1, "category_id": 1}
        people.append(
            shared | {"id": k + 1, "keypoints": flat, "bbox": table.bbox_xywh[k].tolist(), "area": float(table.area[k])}
        )
        good.append(shared | {"keypoints": flat, "score": 0.5 + k / 1000})
        lost = np.concatenate([points + 300 * (k >= PEOPLE - 4), np.ones((len(names), 1))], 1).reshape(-1).tolist()
        poor.append(shared | {"keypoints": lost, "score": 0.5 + k / 1000})
    category = {"id": 1, "name": "person", "keypoints": names}
    document = {"images": images, "annotations": people, "categories": [category]}
    for name, content in (("truth", document), ("poor", [*poor, {"image_id": 9999}]), ("good", good)):
        (folder / f"{name}.json").write_text(json.dumps(content))
    (folder / "images").mkdir()
    cv2.imwrite(str(folder / "images" / "059.jpg"), np.full((400, 400, 3), (200, 30, 30), np.uint8))
    return folder


def run(made, *arguments: str):
    return CliRunner().invoke(app, ["judge", str(made / "truth.json"), *arguments, "--resamples", "50"])


def test_one_page_that_needs_nothing_else(made, tmp_path):
    done = run(made, str(made / "poor.json"), "--images", str(made / "images"), "--out", str(tmp_path))
    assert done.exit_code == 0, done.output
    assert "1 x result without keypoints" in done.output
    assert re.search(r"4 people failed, \d of them rare", done.output)
    page = (tmp_path / "judge.html").read_text()
    assert not re.search(r'(?:src|href)="(?!data:|#|failures\.csv)', page)
    assert page.count('class="trio"') == 4
    assert "<script" not in page
    assert {p.name for p in tmp_path.iterdir()} == {"judge.html", "judge.json", "failures.csv"}


def test_failures_are_listed_by_rarity_times_error(made, tmp_path):
    run(made, str(made / "poor.json"), str(made / "good.json"), "--out", str(tmp_path))
    rows = list(csv.DictReader((tmp_path / "failures.csv").open()))
    assert len(rows) == PEOPLE
    assert {r["image"] for r in rows[:4]} == {f"{k:03d}.jpg" for k in range(PEOPLE - 4, PEOPLE)}
    assert [(r["failed"], r["failed2"]) for r in rows[:5]] == [("1", "0")] * 4 + [("0", "0")]
    worth = [float(r["rarity_x_error"]) for r in rows]
    assert worth == sorted(worth, reverse=True)
    assert worth[0] == pytest.approx(float(rows[0]["rarity"]) * (1 - float(rows[0]["quality"])), abs=2e-6)


def test_the_paired_difference_for_scripts(made, tmp_path):
    done = run(made, str(made / "poor.json"), str(made / "good.json"), "--json", "--out", str(tmp_path))
    verdict = json.loads(done.stdout.splitlines()[-1])
    assert verdict == json.loads((tmp_path / "judge.json").read_text())
    poor, good = (model["metrics"]["oks_ap"]["by_rarity"] for model in verdict["models"])
    assert poor["difference"] is None
    assert good["values"][0] == pytest.approx(100)
    assert good["difference"]["values"] == pytest.approx([b - a for a, b in zip(poor["values"], good["values"], strict=True)])
    joints = verdict["models"][0]["metrics"]["pck"]["by_joint"]["joints"]
    assert len(joints) == len(verdict["keypoints"])
    assert joints[0]["values"][0] == pytest.approx(100 * (PEOPLE - 4) / PEOPLE)


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (["good.json", "good.json", "good.json"], "3 files of results"),
        (["good.json", "--images", "none"], "no such folder of images"),
        (["good.json", "--rare-share", "3"], "--rare-share 3"),
        (["good.json", "--train", "none.json"], "no such file"),
    ],
)
def test_what_cannot_be_used(made, arguments, what, tmp_path):
    done = run(made, *[str(made / a) if a.endswith(("json", "none")) else a for a in arguments], "--out", str(tmp_path))
    assert isinstance(done.exception, InputError)
    assert what in done.exception.what


def test_rarity_against_training_annotations(made, tmp_path):
    done = run(made, str(made / "good.json"), "--train", str(made / "truth.json"), "--json", "--out", str(tmp_path))
    assert json.loads(done.stdout.splitlines()[-1])["people"] == PEOPLE


def test_stats_of_a_set(made, tmp_path):
    done = CliRunner().invoke(app, ["stats", str(made / "truth.json"), "--json", "--out", str(tmp_path)])
    values = json.loads(done.stdout.splitlines()[-1])
    assert (values["people"], values["upside_down"]) == (PEOPLE, 4)
    assert "4 upside down" in (tmp_path / "stats.html").read_text()
    assert (tmp_path / "mistakes.csv").read_text().startswith("id,image,rule\n")


def test_what_one_set_lacks_of_another(made, tmp_path):
    upright = json.loads((made / "truth.json").read_text())
    upright["annotations"] = upright["annotations"][: PEOPLE - 4]
    (tmp_path / "upright.json").write_text(json.dumps(upright))
    arguments = ["rare", str(tmp_path / "upright.json"), "--against", str(made / "truth.json"), "--out", str(tmp_path / "gaps")]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0, done.output
    assert "hold a pose that upright.json lacks" in done.output
    rows = list(csv.DictReader((tmp_path / "gaps" / "gaps.csv").open()))
    assert {r["image"] for r in rows[:4]} == {f"{k:03d}.jpg" for k in range(PEOPLE - 4, PEOPLE)}
    assert [r["rare"] for r in rows[:4]] == ["1"] * 4
    assert "The poses that are lacking" in (tmp_path / "gaps" / "gaps.html").read_text()


@pytest.mark.parametrize(("tool", "file"), [(None, "rank.csv"), ("cvat", "cvat.xml"), ("labelstudio", "labelstudio.json")])
def test_rank_images_without_labels(made, tmp_path, tool, file):
    upright = json.loads((made / "truth.json").read_text())
    upright["annotations"] = upright["annotations"][: PEOPLE - 4]
    (tmp_path / "upright.json").write_text(json.dumps(upright))
    arguments = [
        "rank",
        str(made / "good.json"),
        "--against",
        str(tmp_path / "upright.json"),
        "--names",
        str(made / "truth.json"),
    ]
    done = CliRunner().invoke(
        app, [*arguments, "--by", "rarity", "--top", "4", "--out", str(tmp_path / "out"), *(["--tool", tool] if tool else [])]
    )
    assert done.exit_code == 0, done.output
    assert set((tmp_path / "out" / "images.txt").read_text().split()) == {f"{k:03d}.jpg" for k in range(PEOPLE - 4, PEOPLE)}
    assert (tmp_path / "out" / file).stat().st_size > 1000


def gallery(folder: Path, sizes: Sequence[tuple[int, int]], orientations: Sequence[int], root: str = "turned") -> Photos:
    """Photos of people annotated on pictures of these sizes; files of 400 x 300 px as stored, whose left half is white."""
    (folder / root).mkdir()
    table = make_people(len(sizes))
    stored = np.zeros((300, 400, 3), np.uint8)
    stored[:, :200] = 255
    for k, orientation in enumerate(orientations):
        exif = Image.Exif()
        exif[ExifTags.Base.Orientation] = orientation
        Image.fromarray(stored).save(folder / root / f"{k:03}.jpg", exif=exif)
    images = replace(table.images, size_wh=np.array(sizes, np.int64))
    return Photos(replace(table, images=images), folder / root)


def white(photo: np.ndarray) -> str:
    """Where the white half of a picture is."""
    sides = {"left": photo[:, :50], "right": photo[:, -50:], "top": photo[:50], "bottom": photo[-50:]}
    return max(sides, key=lambda side: float(sides[side].mean()))


STORED, UPRIGHT = (400, 300), (300, 400)


@pytest.mark.parametrize(
    ("sizes", "orientations", "where"),
    [
        ([UPRIGHT], [6], ["top"]),
        ([STORED], [6], ["left"]),
        ([STORED], [3], ["left"]),  # nothing says that pictures were turned
        ([STORED, UPRIGHT, STORED], [3, 6, 1], ["right", "top", "left"]),
        ([STORED, STORED, STORED], [3, 6, 1], ["left", "left", "left"]),
        ([(0, 0), UPRIGHT], [6, 8], ["top", "bottom"]),
    ],
)
def test_photographs_are_shown_as_they_were_annotated(sizes, orientations, where, tmp_path):
    photos = gallery(tmp_path, sizes, orientations)
    shown = [photos.of(person) for person in range(len(sizes))]
    assert [white(photo) for photo in shown if photo is not None] == where
    assert photos.unread == {}


def test_an_orientation_that_the_annotations_reader_knows_counts(tmp_path):
    photos = gallery(tmp_path, [STORED], [3])
    known = replace(photos.table, images=replace(photos.table.images, orientation=np.array([3])))
    photo = Photos(known, photos.root).of(0)
    assert photo is not None
    assert white(photo) == "right"


def test_a_photograph_of_another_scale_is_not_shown_unless_the_joints_are_of_its_own(tmp_path):
    photos = gallery(tmp_path, [(200, 150), STORED], [1, 1])
    assert photos.of(0) is not None
    small = Photos(replace(photos.table, keypoints=photos.table.keypoints / 5), photos.root)
    assert small.of(0) is None
    assert small.of(1) is not None
    assert small.unread == {OTHER_SCALE: 1}


def test_headers_of_all_photographs_are_only_read_where_one_leaves_its_turn_open(tmp_path, monkeypatch):
    read: list[str] = []
    monkeypatch.setattr(photos_module, "read_header", lambda path: read.append(path.name) or read_header(path))
    settled = gallery(tmp_path, [UPRIGHT, STORED, STORED], [6, 1, 3])
    assert settled.of(0) is not None
    assert read == ["000.jpg"]
    assert settled.of(2) is not None
    assert sorted(set(read)) == ["000.jpg", "001.jpg", "002.jpg"]
    (settled.root / "001.jpg").write_text("none")
    assert settled.of(1) is None
    assert settled.unread == {"not a readable image": 1}
