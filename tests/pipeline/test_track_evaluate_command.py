"""`rarepose track-evaluate` on good files and on every kind of broken one that poseval crashes on or counts wrongly."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from pipeline.cli import app
from smpl_assets.errors import InputError
from tests.training.datasets.sequences import people, sequence
from training.datasets.posetrack_writer import write_sequence

NAME = "000201_mpii_test"
Document = dict[str, Any]


def _files(folder: Path, frames: int = 3) -> tuple[Path, Path]:
    made = sequence([people(np.array([[100.0 + 5 * n, 100.0], [300.0, 100.0]]), [0, 1]) for n in range(frames)], NAME)
    paths = folder / "gt", folder / "pred"
    for path, predicted in zip(paths, (False, True), strict=True):
        path.mkdir()
        write_sequence(made, path / f"{NAME}.json", predicted=predicted)
    return paths


def _edit(folder: Path, change: Callable[[Document], object]) -> None:
    file = folder / f"{NAME}.json"
    document = json.loads(file.read_text())
    change(document)
    file.write_text(json.dumps(document))


def _call(*words: str | Path) -> dict[str, Any]:
    done = CliRunner().invoke(app, ["track-evaluate", *map(str, words), "--json"], catch_exceptions=False)
    assert done.exit_code == 0
    return json.loads(done.stdout)


def test_tables_and_json(tmp_path: Path) -> None:
    truth, predicted = _files(tmp_path)
    found = _call(truth, predicted)
    assert [found[n][-1] for n in ("mAP", "MOTA", "MOTP", "precision", "recall")] == [100.0] * 5
    assert len(found["joints"]) == len(found["MOTA"]) == len(found["sequences"][NAME]["MOTA"]) == 16
    assert _call(truth / f"{NAME}.json", predicted / f"{NAME}.json", "--honest")["kind"] == "honest"
    for options in ([], ["--honest", "--similarity", "oks"]):
        done = CliRunner().invoke(app, ["track-evaluate", str(truth), str(predicted), *options], catch_exceptions=False)
        assert {"mAP", "MOTP", "HOTA", "IDF1", "switches"} <= set(done.stdout.split())


def test_two_files_are_paired_whatever_their_names(tmp_path: Path) -> None:
    truth, predicted = _files(tmp_path)
    other = (predicted / f"{NAME}.json").rename(predicted / "mine.json")
    assert _call(truth / f"{NAME}.json", other)["MOTA"][-1] == 100.0


def test_intervals_where_there_are_sequences_to_draw(tmp_path: Path) -> None:
    truth, predicted = _files(tmp_path)
    assert _call(truth, predicted)["intervals"] == {}
    for folder in (truth, predicted):
        (folder / "000202_mpii_test.json").write_text((folder / f"{NAME}.json").read_text())
    assert _call(truth, predicted, "--samples", "20")["intervals"]["MOTA"] == [100.0, 100.0]
    done = CliRunner().invoke(app, ["track-evaluate", str(truth), str(predicted)], catch_exceptions=False)
    assert "95 % over sequences: mAP 100.0 .. 100.0" in done.stdout


def _first(**changes: Any) -> Callable[[Document], object]:
    return lambda document: document["annotations"][0].update(changes)


def _drop_frame(document: Document) -> None:
    image = document["images"].pop(1)
    document["annotations"] = [a for a in document["annotations"] if a["image_id"] != image["id"]]


def _rename(document: Document) -> None:
    for number, image in enumerate(document["images"]):
        image["file_name"] = f"frame_{number:04d}.jpg"


REFUSED: dict[str, tuple[str, Callable[[Document], object], str]] = {
    "repeated_prediction_id": ("pred", _first(track_id=1), "track 1 stands 2 times in frame"),
    "repeated_ground_truth_id": ("gt", _first(track_id=1), "track 1 stands 2 times in frame"),
    "frame_missing_in_prediction": ("pred", _drop_frame, "lack 1 of 3 labelled frames"),
    "no_track_id": ("pred", _first(track_id=None, person_id=None), "no track_id"),
    "half_id": ("gt", _first(track_id=0.5), "track_id 0.5 is no whole number"),
    "no_categories_in_prediction": ("pred", lambda d: d.pop("categories"), "no list 'categories'"),
    "other_file_names_in_prediction": ("pred", _rename, "the first is 000000; they have frame_0000"),
    "nan_coordinate": ("pred", _first(keypoints=[float("nan"), 5.0, 1.0] * 17), r"nose lies at \(nan, 5.5\)"),
    "nan_coordinate_in_ground_truth": ("gt", _first(keypoints=[5.0, float("nan"), 1.0] * 17), r"nose lies at \(5.5, nan\)"),
    "coordinate_of_nobody": ("gt", _first(keypoints=[1e300, 5.0, 1.0] * 17), r"nose lies at \(1e\+300, 5.5\)"),
    "no_score": ("pred", _first(scores=[float("nan")] * 17), "the score of nose is nan"),
    "repeated_id_as_float": ("gt", _first(track_id=1.0), "track 1 stands 2 times in frame"),
    "repeated_prediction_id_as_float": ("pred", _first(track_id=1.0), "track 1 stands 2 times in frame"),
    "untracked": ("pred", _first(track_id=-1), "people without a track in the predictions"),
    "head_box_of_three_numbers": ("gt", _first(bbox_head=[1.0, 2.0, 3.0]), "`bbox_head` has 3 numbers, 4 expected"),
    "other_file_names_in_ground_truth": ("gt", _rename, "the first is frame_0000; they have 000000"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_with_file_or_sequence_rule_value_and_next_step(case: str, tmp_path: Path) -> None:
    folders = dict(zip(("gt", "pred"), _files(tmp_path), strict=True))
    which, change, says = REFUSED[case]
    _edit(folders[which], change)
    with pytest.raises(InputError, match=says) as caught:
        _call(folders["gt"], folders["pred"])
    assert NAME in caught.value.what
    assert caught.value.next_step


def test_paths_and_files_that_are_not_there(tmp_path: Path) -> None:
    truth, predicted = _files(tmp_path)
    with pytest.raises(InputError, match="no such file or folder"):
        _call(truth, tmp_path / "nowhere")
    (predicted / f"{NAME}.json").rename(predicted / "000009_mpii_test.json")
    with pytest.raises(InputError, match="no prediction for 1 of 1 sequences"):
        _call(truth, predicted)
    (predicted / "000009_mpii_test.json").write_text('{"images": [')
    with pytest.raises(InputError, match="not JSON"):
        _call(truth, predicted)


def _all_boxes(value: list[float] | None) -> Callable[[Document], object]:
    return lambda document: [a.update(bbox_head=value) for a in document["annotations"]]


def _region(document: Document, *further: float) -> None:
    document["images"][0].update(ignore_regions_x=[[1.0, 2.0, *further]], ignore_regions_y=[[1.0, 2.0, *further]])


# What poseval crashes on or gets wrong, and is as right as without: figures are those of equal predictions, and a note says it.
HANDLED: dict[str, tuple[str, Callable[[Document], object], str]] = {
    "prediction_frames_reversed": ("pred", lambda d: d["images"].reverse(), "paired by name"),
    "id_10000": ("pred", lambda d: [a.update(track_id=a["track_id"] + 10_000) for a in d["annotations"]], "above 9999"),
    "id_10000_in_ground_truth": (
        "gt",
        lambda d: [a.update(track_id=a["track_id"] + 10_000) for a in d["annotations"]],
        "above 9999",
    ),
    "float_id_in_ground_truth": ("gt", lambda d: [a.update(track_id=float(a["track_id"])) for a in d["annotations"]], ""),
    "ground_truth_frames_reversed": ("gt", lambda d: d["images"].reverse(), "paired by name"),
    "endless_head_box": ("gt", _all_boxes([0.0, 0.0, float("inf"), 9.0]), "the head's length is taken"),
    "head_box_of_nulls": ("gt", _all_boxes([None, 1.0, 9.0, 9.0]), "the head's length is taken"),
    "size_that_is_no_number": ("gt", lambda d: [i.update(width=float("nan"), height="?") for i in d["images"]], ""),
    "facts_that_are_no_table": ("gt", lambda d: d.update(facts=[1, 2]), ""),
    "ignore_polygon_of_nan": ("gt", lambda d: _region(d, float("nan")), "without three points"),
    "float_id": ("pred", lambda d: [a.update(track_id=float(a["track_id"])) for a in d["annotations"]], ""),
    "no_head_box": ("gt", _all_boxes(None), "the head's length is taken"),
    "head_box_of_no_size": ("gt", _all_boxes([1.0, 1.0, 0.0, 0.0]), "the head's length is taken"),
    "ignore_polygon_of_two_points": ("gt", _region, "without three points"),
    "frame_that_truth_lacks": ("pred", lambda d: d["images"].append(d["images"][0] | {"id": 9, "file_name": "x"}), "left out"),
}


@pytest.mark.parametrize("case", HANDLED)
def test_handled_and_told(case: str, tmp_path: Path) -> None:
    folders = dict(zip(("gt", "pred"), _files(tmp_path), strict=True))
    which, change, note = HANDLED[case]
    _edit(folders[which], change)
    found = _call(folders["gt"], folders["pred"])
    assert (found["mAP"][-1], found["MOTA"][-1]) == (100.0, 100.0)
    assert any(note in told for told in found["noted"]) if note else not found["noted"]


def test_short_sequences_and_empty_files(tmp_path: Path) -> None:
    for number, frames in enumerate((1, 2)):
        (tmp_path / str(number)).mkdir()
        found = _call(*_files(tmp_path / str(number), frames), "--honest")
        assert (found["mAP"][-1], found["MOTA"][-1]) == (100.0, 100.0)
    truth, predicted = _files(tmp_path)
    _edit(predicted, lambda d: d["annotations"].clear())
    assert [_call(truth, predicted)[n][-1] for n in ("mAP", "MOTA", "MOTP")] == [0.0, -100.0, 0.0]
    assert _call(truth, predicted, "--honest")["MOTA"][-1] == 0.0
    _edit(truth, lambda d: d["annotations"].clear())
    nothing = _call(truth, predicted)
    assert [nothing[n][-1] for n in ("mAP", "MOTA", "MOTP", "precision")] == [0.0, None, 0.0, None]


def test_a_prediction_without_joints_is_a_miss_and_no_false_positive(tmp_path: Path) -> None:
    truth, predicted = _files(tmp_path)
    for folder in (truth, predicted):
        _edit(folder, lambda d: d.update(annotations=[a for a in d["annotations"] if a["track_id"] == 0]))
    _edit(predicted, _first(keypoints=[0.0] * 51))
    found = _call(truth, predicted)
    assert found["mAP"][-1] == pytest.approx(200 / 3)
    assert [found[n][-1] for n in ("MOTA", "precision", "recall")] == [50.0, 100.0, 50.0]  # as poseval


def test_joints_outside_the_picture_and_joints_without_numbers(tmp_path: Path) -> None:
    def away(document: Document) -> None:
        for entry in document["annotations"]:
            points = np.array(entry["keypoints"]).reshape(17, 3)
            points[points.any(1), :2] -= 5_000.0
            entry["keypoints"] = points.ravel().tolist()

    truth, predicted = _files(tmp_path)
    for folder in (truth, predicted):
        _edit(folder, away)
    found = _call(truth, predicted, "--honest")
    assert [found[n][-1] for n in ("mAP", "MOTA", "MOTP", "recall")] == [100.0] * 4
    assert found["people"]["HOTA"] == 100.0
    _edit(predicted, lambda d: d["annotations"][0].update(keypoints=[None] * 3 + d["annotations"][0]["keypoints"][3:]))
    found = _call(truth, predicted, "--honest")
    assert found["noted"] == {"joint whose three numbers are null or NaN: not there": 1}
    assert found["recall"][-1] == pytest.approx(100 * (1 - 1 / 6 / 15))


def test_the_same_person_twice_in_both_files(tmp_path: Path) -> None:
    """AP gives each prediction its first best person, so one of the two is missed (as poseval); tracks are told apart by ids."""
    truth, predicted = _files(tmp_path)
    for folder in (truth, predicted):
        _edit(folder, lambda d: [a.update(keypoints=b["keypoints"]) for b, a in zip(*[iter(d["annotations"])] * 2, strict=True)])
    found = _call(truth, predicted, "--honest")
    assert (found["MOTA"][-1], found["people"]["HOTA"], found["people"]["IDF1"]) == (100.0, 100.0, 100.0)
    assert found["ap_recall"][-1] == 50.0


def test_honest_figures_stand_beside_official_ones_and_the_labels_are_pinned(tmp_path: Path) -> None:
    truth, predicted = _files(tmp_path)
    _edit(predicted, lambda d: d["annotations"].clear())
    official, honest = _call(truth, predicted), _call(truth, predicted, "--honest")
    assert official["beside"] == {"kind": "honest", "mAP": 0.0, "MOTA": 0.0}
    assert honest["beside"] == {"kind": "official", "mAP": 0.0, "MOTA": -100.0}
    done = CliRunner().invoke(app, ["track-evaluate", str(truth), str(predicted)], catch_exceptions=False)
    assert "honest beside it: mAP 0.0, MOTA 0.0" in done.stdout
    assert f"labels: 1 file, sha256 {official['labels']['sha256'][:16]}" in done.stdout
    assert official["labels"] == honest["labels"]
    _edit(truth, lambda d: d["annotations"][0].update(bbox_head=[1.0, 2.0, 30.0, 40.0]))
    assert _call(truth, predicted)["labels"]["sha256"] != official["labels"]["sha256"]
