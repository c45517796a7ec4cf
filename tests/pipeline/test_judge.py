"""`rarepose judge`: files of any model to one page, without a store."""

from __future__ import annotations

import csv
import json
import re

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from pipeline.cli import app
from smpl_assets.errors import InputError
from tests.training.rarity.people import make_people

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
