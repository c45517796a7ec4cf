"""Results of any model on annotations: COCO's own figures, and every kind of file that is not what it should be."""

from __future__ import annotations

import contextlib
import io
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from smpl_assets.errors import InputError
from smpl_assets.skeletons import get_skeleton
from tests.training.datasets.coco_files import NAMES, document, person
from tests.training.figures import boxed_poses
from tests.training.rarity.people import make_people
from training.evaluate_settings import EvaluateSettings
from training.judging import results as results_module
from training.judging.album import Album
from training.judging.found import CROWDED, UNKNOWN, read_found
from training.judging.order import other_order
from training.judging.results import NO_SCORE, NOT_FINITE, WRONG_NUMBER
from training.judging.truth import read_truth
from training.metrics.average_precision import average_recall
from training.metrics.bootstrap import AveragePrecision, point
from training.metrics.match import match_people
from training.metrics.measures import build_measure
from training.poses import Poses

SKELETON = get_skeleton("coco17")


def result(image: Any = 1, score: float | None = 0.9, shift: float = 0.0, **changes: Any) -> dict[str, Any]:
    """A result on the person of `coco_files.person`, moved by `shift` px."""
    points = [v for joint in range(17) for v in (20 + joint + shift, 10 + 2 * joint, 0.8)]
    entry = {"image_id": image, "category_id": 1, "keypoints": points} | ({} if score is None else {"score": score})
    return entry | changes


def files(folder: Path, found: Any, content: dict[str, Any] | None = None) -> tuple[Path, Path]:
    """Annotations and results."""
    truth, path = folder / "annotations.json", folder / "results.json"
    truth.write_text(json.dumps(content or document(person(1), person(2, 2))))
    path.write_text(found if isinstance(found, str) else json.dumps(found))
    return truth, path


def read(folder: Path, found: Any, content: dict[str, Any] | None = None):
    truth, path = files(folder, found, content)
    return read_found(path, read_truth(truth))


def crowded(seed: int) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Crowds, people without joints, people found twice or not at all, results of nobody, scores that tie, ids out of order."""
    rng = np.random.default_rng(seed)
    people, found = [], []
    for number in range(60):
        size = float(rng.uniform(30, 90))
        points = rng.uniform(0, size, (17, 2)) + rng.uniform(0, 60, 2)
        flags = rng.choice([0, 1, 2], 17) * (rng.random() < 0.85)
        image, kind = int(rng.integers(1, 13)), rng.random()
        flat = np.concatenate([points.round(2), flags[:, None]], 1).reshape(-1).tolist()
        entry = {"keypoints": flat, "num_keypoints": int((flags > 0).sum()), "area": size**2 * 0.5, "iscrowd": int(kind < 0.1)}
        box = [*points.min(0).round(2).tolist(), *np.ptp(points, axis=0).round(2).tolist()]
        people.append(person(number + 1, image, bbox=box, **entry))
        for _ in range(int(rng.integers(0, 3))):
            moved = points + rng.normal(0, size * rng.gamma(1, 0.04), points.shape)
            flat = np.concatenate([moved.round(2), np.ones((17, 1))], 1).reshape(-1).tolist()
            found.append(result(image, round(float(rng.random()), 1), keypoints=flat))
    content = document(*people, images=12)
    content["images"] = [i | {"width": 200, "height": 200} for i in content["images"][::-1]]
    return content, [found[i] for i in rng.permutation(len(found))]


@pytest.mark.parametrize("seed", range(4))
def test_overall_figures_are_those_of_pycocotools(seed, tmp_path):
    content, found = crowded(seed)
    truth_file, path = files(tmp_path, found, content)
    with contextlib.redirect_stdout(io.StringIO()):
        known = COCO(str(truth_file))
        run = COCOeval(known, known.loadRes(str(path)), "keypoints")
        run.evaluate()
        run.accumulate()
        run.summarize()
    truth = read_truth(truth_file)
    matched = match_people(read_found(path, truth)[0], truth.table, truth.ignored)
    measure = build_measure("oks_ap", truth.table, [matched], EvaluateSettings())
    statistic = measure.statistic(np.ones(len(truth.table), bool))
    ours = [point(AveragePrecision(statistic.matches, *part)) for part in ((0, 10), (0, 1), (5, 6))]
    assert 3 < ours[0] < 97
    assert truth.ignored.crowd.any()
    assert np.allclose([*ours, 100 * average_recall(statistic.matches)], 100 * run.stats[[0, 1, 2, 5]], rtol=0, atol=1e-6)


def test_keypoints_are_taken_in_the_order_that_the_annotations_name(tmp_path):
    content, turned = document(person(1)), list(reversed(range(17)))
    content["categories"][0]["keypoints"] = [NAMES[k] for k in turned]
    poses, _ = read(tmp_path, [result()], content)
    assert poses.keypoints[0, 0].tolist() == [20.5 + 16, 10.5 + 32]


@pytest.mark.parametrize(
    ("image", "extra"),
    [("1", {}), (1.0, {}), ("000000000001", {}), ("000000000001.jpg", {}), (77, {"file_name": "val/000000000001.jpg"}),
     (None, {"file_name": "000000000001.jpg"})],
)  # fmt: skip
def test_images_are_known_by_id_or_by_name(image, extra, tmp_path):
    content = document(person(1), images=1)
    content["images"][0]["file_name"] = extra.get("file_name", "000000000001.jpg")
    poses, skipped = read(tmp_path, [result(image, **extra)], content)
    assert (poses.image.tolist(), skipped.counts) == ([0], {})


def numbered(ids: Sequence[int], stems: Sequence[int], **changes: Any) -> dict[str, Any]:
    """People on images of these ids and numbers as names, each 6 px from the one before."""
    moved = [[v + (6 * k if place % 3 == 0 else 0) for place, v in enumerate(person(1)["keypoints"])] for k in range(len(ids))]
    content = document(
        *(person(k + 1, number, keypoints=points) for k, (number, points) in enumerate(zip(ids, moved, strict=True)))
    )
    content["images"] = [
        {"id": number, "file_name": f"{stem:05d}.jpg", "width": 100, "height": 80} | changes
        for number, stem in zip(ids, stems, strict=True)
    ]
    return content


@pytest.mark.parametrize(
    ("ids", "stems", "given", "rows"),
    [
        (range(10), range(1, 11), range(1, 11), range(10)),  # ultralytics: nearly all are ids as well, of the next image
        (range(10), range(1, 11), range(10), range(10)),
        (range(10), range(1, 11), [*range(1, 11), 99], [*range(10), -1]),
        (range(10), range(1, 11), [0, 99], [0, -1]),
        (range(1, 11), range(1, 11), range(1, 11), range(10)),
        (range(10), range(9, -1, -1), range(10), range(10)),  # both are possible for all
    ],
)
def test_the_ids_of_a_file_are_all_ids_or_all_names(ids, stems, given, rows, tmp_path):
    truth = read_truth(files(tmp_path, [], numbered(ids, stems))[0])
    assert truth.album.place(list(given), [""] * len(given)).row.tolist() == list(rows)


def test_a_number_that_names_images_of_two_folders_is_none():
    album = Album(["a/1.jpg", "b/01.jpg", "b/2.jpg"], np.zeros((3, 2), np.int64), {})
    assert album.place([1, 2, None], ["", "", "b/01.jpg"]).row.tolist() == [-1, 2, 1]


@pytest.mark.parametrize("stems", [range(1, 11), range(9, -1, -1)])
def test_another_reading_of_the_ids_that_finds_more_people_is_told(stems, tmp_path):
    content = numbered(range(10), stems)
    rows = [k for k, stem in enumerate(stems) if stem in range(10)]
    by_stem = [result(stems[k], shift=6 * k) for k in rows]
    _, skipped = read(tmp_path, by_stem, content)
    assert any(f"file name it would find {len(rows)}: give results the file_name" in remark for remark in skipped.remarks)
    _, skipped = read(tmp_path, [result(k, shift=6 * k) for k in range(10)], content)
    assert skipped.remarks == []


@pytest.mark.parametrize("name", ["C:\\data\\images\\00007.jpg", "images\\00007.jpg", "\\\\server\\images\\00007.jpg"])
@pytest.mark.parametrize(
    ("image", "extra"), [(7, {}), ("00007.jpg", {}), (None, {"file_name": "00007.jpg"}), (None, {"file_name": None})]
)
def test_annotations_may_name_images_as_windows_does(name, image, extra, tmp_path):
    extra = {key: value or name for key, value in extra.items()}
    poses, skipped = read(tmp_path, [result(image, **extra)], numbered([1], [1], file_name=name))
    assert (poses.image.tolist(), skipped.counts) == ([0], {})


@pytest.mark.parametrize("name", ["", "/", "\\", ".."])
def test_an_image_without_a_name_is_not_looked_up(name):
    assert Album([name, "a.jpg"], np.zeros((2, 2), np.int64), {}).row("a") == 1


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (result(99), UNKNOWN),
        (result(score=None), NO_SCORE),
        (result(score=float("nan")), NOT_FINITE),
        (result(keypoints=[float("nan")] * 51), NOT_FINITE),
        (result(keypoints=[1e300] * 51), "coordinate beyond any image"),
        (result(keypoints=[5.0] * 39), WRONG_NUMBER),
        (result(keypoints=None), "result without keypoints"),
        (result(image=None), "result without an image id"),
        (result(score="high"), "score is no number"),
        (result(keypoints="abc"), "entry incomplete or of the wrong type"),
        ("nothing", "result without keypoints"),
    ],
)
def test_one_bad_result_is_left_out_and_counted(bad, reason, tmp_path):
    poses, skipped = read(tmp_path, [result(), bad])
    assert (len(poses), skipped.counts) == (1, {reason: 1})


@pytest.mark.parametrize(
    ("found", "what", "step"),
    [
        ([], "no results at all", "model ran"),
        ([result(99)], r"none of 1 results is on an image.*say 99", "ids or file names"),
        ([result(keypoints=[5.0] * 39)], "39 numbers, 51 expected", "17 .nose"),
        ([result(keypoints=[0.5] * 51)], "normalised", "width and height"),
        ([result(keypoints=[float("nan")] * 51)], "no usable result", "correct"),
        ({"images": []}, "no list of results", "loadRes"),
        ("[{", "not JSON at line 1", "fetch it again"),
    ],
)
def test_a_file_that_is_none_is_refused_with_the_way_out(found, what, step, tmp_path):
    with pytest.raises(InputError, match=what) as refused:
        read(tmp_path, found)
    assert "results.json" in refused.value.what
    assert re.search(step, refused.value.next_step)


def test_a_huge_file_is_refused_before_it_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr(results_module, "LARGEST_BYTES", 100)
    with pytest.raises(InputError, match="at most") as refused:
        read(tmp_path, [result()])
    assert "20 best" in refused.value.next_step


def test_nothing_there(tmp_path):
    truth, _ = files(tmp_path, [])
    with pytest.raises(InputError, match="no such file or folder"):
        read_found(tmp_path / "none.json", read_truth(truth))


def test_without_scores_the_joints_scores_are_taken_else_all_count_alike(tmp_path):
    better = result(2, None, keypoints=[v for joint in range(17) for v in (20 + joint, 10 + 2 * joint, 0.9)])
    poses, skipped = read(tmp_path, [result(score=None), better])
    assert poses.score.tolist() == pytest.approx([0.8, 0.9])
    assert "mean of its joints' scores" in skipped.remarks[0]
    poses, skipped = read(tmp_path, [result(score=None), result(2, None)])
    assert poses.score.tolist() == [1.0, 1.0]
    assert "all count alike" in skipped.remarks[0]


def test_several_results_of_one_person_find_it_once_and_more_than_twenty_are_cut(tmp_path):
    truth_file, path = files(tmp_path, [result(score=0.5, shift=0.1 * k) for k in range(25)])
    truth = read_truth(truth_file)
    poses, skipped = read_found(path, truth)
    matched = match_people(poses, truth.table, truth.ignored)
    assert (len(poses), skipped.counts) == (20, {CROWDED: 5})
    assert ((matched.found >= 0).tolist(), len(matched.extra)) == ([True, False], 19)


def test_nested_keypoints_and_other_categories(tmp_path):
    nested = result(keypoints=[[20 + j, 10 + 2 * j] for j in range(17)], keypoint_scores=[0.5] * 17)
    poses, skipped = read(tmp_path, [nested, result(2, category_id=7)])
    assert np.allclose(poses.joint_score, 0.5)
    assert poses.keypoints[0, 1].tolist() == [21.5, 12.5]
    assert skipped.counts == {"result of another category": 1}


def test_yolo_predictions_are_in_parts_of_the_image(tmp_path):
    truth, _ = files(tmp_path, [])
    labels = tmp_path / "labels"
    labels.mkdir()
    joints = " ".join(f"{(20.5 + j) / 100:.6f} {(10.5 + 2 * j) / 80:.6f} 0.7" for j in range(17))
    (labels / "000000000001.txt").write_text(f"0 0.3 0.4 0.2 0.6 {joints} 0.91\n0 0.3 0.4 nonsense\n\n0 0.1 0.2\n")
    (labels / "other.txt").write_text(f"0 0.3 0.4 0.2 0.6 {joints} 0.91\n")
    poses, skipped = read_found(labels, read_truth(truth))
    assert np.allclose(poses.keypoints[0], [[20.5 + j, 10.5 + 2 * j] for j in range(17)], atol=1e-3)
    assert (poses.score.tolist(), poses.bbox_xywh[0].tolist()) == ([0.91], pytest.approx([20, 8, 20, 48]))
    assert sorted(skipped.counts) == sorted(
        ["line that is not all numbers", WRONG_NUMBER, "image of unknown size, or one that the annotations don't know"]
    )
    with pytest.raises(InputError, match="without text files"):
        read_found(tmp_path.joinpath("empty").mkdir() or tmp_path / "empty", read_truth(truth))


def test_our_own_predictions_have_to_be_of_these_people(tmp_path):
    truth_file, path = files(tmp_path, [result(), result(2)])
    truth = read_truth(truth_file)
    poses, _ = read_found(path, truth)
    poses.save(tmp_path / "predictions.npz")
    assert read_found(tmp_path / "predictions.npz", truth)[0] == poses
    fewer = read_truth(files(tmp_path, [], document(person(1)))[0])
    with pytest.raises(InputError, match="predictions of 2 people"):
        read_found(tmp_path / "predictions.npz", fewer)
    (tmp_path / "broken.npz").write_text("nothing")
    with pytest.raises(InputError, match=f"not a readable {Poses.__name__} file"):
        read_found(tmp_path / "broken.npz", truth)


@pytest.mark.parametrize(
    ("order", "note"),
    [(range(17), ""), (SKELETON.flip, "left and right may be swapped"), ([*range(1, 17), 0], "in another order")],
)
def test_another_order_of_keypoints_is_noticed(order, note):
    table = make_people(30, skeleton="coco17")
    noisy = table.keypoints[:, list(order)] + np.random.default_rng(0).normal(0, 2, table.keypoints.shape)
    matched = match_people(boxed_poses(table, noisy, np.ones(30)), table)
    assert (note in other_order(table, matched)) if note else other_order(table, matched) == ""


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)
FIELDS = ("image_id", "category_id", "keypoints", "keypoint_scores", "score", "bbox", "file_name")


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=3), min_size=1, max_size=3))
def test_any_value_in_any_field_is_left_out_or_refused(tmp_path, spoilt):
    poses, skipped = read(tmp_path, [result(), *(result() | fields for fields in spoilt)])
    assert len(poses) + skipped.total == 1 + len(spoilt)
    assert np.isfinite(poses.keypoints).all()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.text(alphabet="0123456789.-e naif\t", max_size=60), min_size=1, max_size=4), st.floats())
def test_any_line_of_yolo_is_left_out_or_refused(tmp_path, lines, number):
    truth, _ = files(tmp_path, [])
    (tmp_path / "labels").mkdir(exist_ok=True)
    good = "0 0.3 0.4 0.2 0.6 " + "0.4 0.5 0.7 " * 17 + "0.9"
    odd = [" ".join([*good.split()[:k], repr(number), *good.split()[k + 1 :]]) for k in (0, 1, 5, 7, 56)]
    (tmp_path / "labels" / "000000000001.txt").write_text("\n".join([good, *odd, *lines]))
    poses, _ = read_found(tmp_path / "labels", read_truth(truth))
    assert len(poses) >= 1
    assert np.isfinite(poses.keypoints).all()
