import contextlib
import dataclasses
import io

import numpy as np
import pytest
from faster_coco_eval import COCO as FastCOCO
from faster_coco_eval import COCOeval_faster
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from smpl_assets.pose_table import ImageTable, PoseTable
from smpl_assets.skeletons import get_skeleton
from tests.training.figures import standing, table_of
from training.metrics.average_precision import average_precision, average_recall
from training.metrics.bootstrap import AveragePrecision, point
from training.metrics.coco_match import Matches, match
from training.metrics.oks import THRESHOLDS, oks


def own(predicted: np.ndarray, score: np.ndarray, table: PoseTable) -> Matches:
    """One prediction per person."""
    return match(predicted, score, table.image, np.arange(len(table)), table)


def crowd(people: int, images: int, seed: int, noise: float) -> tuple[PoseTable, np.ndarray, np.ndarray]:
    """People of mixed size, several to an image, some joints not annotated; noisy predictions with scores."""
    rng = np.random.default_rng(seed)
    skeleton = get_skeleton("coco17")
    size = rng.uniform(40, 200, people)
    points = standing(skeleton)[None] * size[:, None, None] + rng.uniform(0, 80, (people, 1, 2))
    annotated = rng.random((people, 17)) < 0.8
    annotated[:, 0] = True
    table = table_of(skeleton, points, ImageTable.of([f"{i}.png" for i in range(images)]), annotated)
    table = dataclasses.replace(table, image=rng.integers(0, images, people).astype(np.int64), area=size**2 * 0.4)
    spread = rng.gamma(1.0, noise, (people, 1, 1)) * size[:, None, None]
    return table, points + rng.normal(0, 1, points.shape) * spread, rng.random(people)


def coco_stats(
    table: PoseTable, predicted: np.ndarray, score: np.ndarray, index: type, evaluator: type, image: np.ndarray | None = None
) -> np.ndarray:
    """[AP, AP50, AP75, AR] in percent of a COCO evaluator."""
    images = [{"id": i + 1, "width": 400, "height": 400} for i in range(len(table.images))]
    annotations, results = [], []
    for row in range(len(table)):
        flags = table.annotated[row][:, None] * 2
        keypoints = np.concatenate([table.keypoints[row], flags], 1).reshape(-1).tolist()
        shared = {"image_id": int(table.image[row]) + 1, "category_id": 1}
        box = [float(v) for v in table.bbox_xywh[row]]
        annotations.append(
            shared
            | {"id": row + 1, "keypoints": keypoints, "num_keypoints": int(table.annotated[row].sum()), "bbox": box}
            | {"area": float(table.area[row]), "iscrowd": 0}
        )
    for number, points, value in zip(table.image if image is None else image, predicted, score, strict=True):
        found = np.concatenate([points, np.ones((17, 1))], 1).reshape(-1).tolist()
        results.append({"image_id": int(number) + 1, "category_id": 1, "keypoints": found, "score": float(value)})
    with contextlib.redirect_stdout(io.StringIO()):
        truth = index()
        truth.dataset = {"images": images, "annotations": annotations, "categories": [{"id": 1, "name": "person"}], "info": {}}
        truth.createIndex()
        run = evaluator(truth, truth.loadRes(results), "keypoints")
        run.evaluate()
        run.accumulate()
        run.summarize()
    return 100 * np.array([run.stats[0], run.stats[1], run.stats[2], run.stats[5]])


@pytest.mark.parametrize(("people", "images", "noise"), [(60, 25, 0.03), (200, 60, 0.06), (12, 12, 0.1), (40, 5, 0.02)])
@pytest.mark.parametrize(("index", "evaluator"), [(COCO, COCOeval), (FastCOCO, COCOeval_faster)], ids=["pycocotools", "faster"])
def test_parity_with_coco_evaluators(people, images, noise, index, evaluator):
    table, predicted, score = crowd(people, images, people, noise)
    found = own(predicted, score, table)
    ours = [point(AveragePrecision(found, *part)) for part in ((0, 10), (0, 1), (5, 6))] + [100 * average_recall(found)]
    theirs = coco_stats(table, predicted, score, index, evaluator)
    assert 3 < ours[0] < 99
    assert np.allclose(ours, theirs, atol=1e-6)


def test_oks_by_hand():
    """One joint off by d with area A: exp(-d^2 / (2 A (2 sigma)^2)), the mean over annotated joints (eq 2.3)."""
    truth = np.array([[[10.0, 10.0], [20.0, 20.0], [0.0, 0.0]]])
    annotated = np.array([[True, True, False]])
    predicted = truth + np.array([[[3.0, 4.0], [0.0, 0.0], [50.0, 50.0]]])
    value = oks(predicted, truth, annotated, np.array([100.0]), np.array([0.1, 0.2, 0.3]))
    assert value[0, 0] == pytest.approx((np.exp(-25 / (2 * 100 * 0.04)) + 1) / 2)


def test_ap_by_hand():
    """Scores .9 hit, .8 miss, .7 hit of 3 people: precision 1 up to recall 1/3, 2/3 up to recall 2/3, 0 beyond."""
    matched = np.zeros((3, len(THRESHOLDS)), bool)
    matched[[0, 2], 0] = True
    found = Matches(np.array([0.9, 0.8, 0.7]), matched, np.arange(3), 3, np.zeros_like(matched))
    ap = average_precision(found, np.ones((1, 3)))[0]
    assert ap[0] == pytest.approx((34 * 1 + 33 * 2 / 3) / 101)
    assert (ap[1:] == 0).all()


def test_a_person_is_found_once_and_the_better_score_takes_it():
    table, _, _ = crowd(2, 1, 0, 0.0)
    table = dataclasses.replace(table, image=np.zeros(2, np.int64))
    predicted = np.stack([table.keypoints[0], table.keypoints[0]])  # both predictions on the first person
    found = own(predicted, np.array([0.1, 0.9]), table)
    assert found.matched[:, 0].tolist() == [False, True]


def test_weights_are_repetitions():
    """Drawing people twice is the same as a data set in which they appear twice (each in an image of their own)."""
    table, predicted, score = crowd(30, 30, 3, 0.05)
    table = dataclasses.replace(table, image=np.arange(30, dtype=np.int64))
    found = own(predicted, score, table)
    weights = np.random.default_rng(0).integers(0, 4, (5, 30)).astype(float)
    for row in weights:
        index = np.repeat(np.arange(30), row.astype(int))
        repeated = Matches(found.score[index], found.matched[index], np.arange(len(index)), len(index), found.ignored[index])
        expected = average_precision(repeated, np.ones((1, len(index))))
        assert np.allclose(average_precision(found, row[None]), expected)
    assert np.isnan(average_precision(found, np.zeros((1, 30)))).all()


@pytest.mark.parametrize(("index", "evaluator"), [(COCO, COCOeval), (FastCOCO, COCOeval_faster)], ids=["pycocotools", "faster"])
def test_parity_where_people_are_missed_and_nobodies_are_found(index, evaluator):
    """Predictions of nobody are false positives, people without a prediction are missed."""
    table, predicted, score = crowd(60, 25, 7, 0.04)
    rng = np.random.default_rng(1)
    kept, ghosts = rng.random(60) < 0.8, 15
    points = np.concatenate([predicted[kept], rng.uniform(0, 300, (ghosts, 17, 2))])
    scores = np.concatenate([score[kept], rng.random(ghosts)])
    image = np.concatenate([table.image[kept], rng.integers(0, 25, ghosts)])
    owner = np.concatenate([np.flatnonzero(kept), np.full(ghosts, -1)])
    found = match(points, scores, image, owner, table)
    ours = [point(AveragePrecision(found, *part)) for part in ((0, 10), (0, 1), (5, 6))] + [100 * average_recall(found)]
    assert np.allclose(ours, coco_stats(table, points, scores, index, evaluator, image), atol=1e-6)
