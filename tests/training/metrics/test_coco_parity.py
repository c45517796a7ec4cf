"""Matching and AP against faster-coco-eval on random sets: ties, crowds, people without joints, people found twice."""

import contextlib
import dataclasses
import io
from typing import Any

import numpy as np
from faster_coco_eval import COCO, COCOeval_faster
from hypothesis import given, settings
from hypothesis import strategies as st

from smpl_assets.pose_table import ImageTable, PoseTable
from smpl_assets.skeletons import get_skeleton
from tests.training.figures import standing, table_of
from training.metrics.average_precision import average_precision, average_recall
from training.metrics.bootstrap import AveragePrecision, point
from training.metrics.coco_match import Ignored, match

SKELETON = get_skeleton("coco17")


@dataclasses.dataclass(frozen=True)
class World:
    """Annotations, some of them to be ignored, and predictions sorted by image."""

    table: PoseTable
    crowd: np.ndarray
    predicted: np.ndarray
    score: np.ndarray
    image: np.ndarray

    @property
    def counts(self) -> np.ndarray:
        return self.table.annotated.any(1) & ~self.crowd

    def ignored(self) -> Ignored:
        rest = self.table.select(~self.counts)
        return Ignored(rest.image, rest.keypoints, rest.annotated, rest.area, rest.bbox_xywh, self.crowd[~self.counts])


@st.composite
def worlds(draw: st.DrawFn) -> World:
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    people, images, found = draw(st.integers(1, 40)), draw(st.integers(1, 15)), draw(st.integers(1, 60))
    noise, grid = draw(st.sampled_from([0.0, 0.02, 0.05, 0.15])), draw(st.sampled_from([0, 1, 8]))
    size = rng.choice([30.0, 60.0, 200.0], people)
    points = standing(SKELETON)[None] * size[:, None, None] + rng.integers(0, 3, (people, 1, 2)) * draw(
        st.sampled_from([0, 10, 90])
    )
    if grid:
        points = np.round(points / grid) * grid
    annotated = rng.random((people, 17)) < draw(st.sampled_from([0.3, 1.0]))
    annotated &= (rng.random(people) < draw(st.sampled_from([0.7, 1.0])))[:, None]
    annotated[0, 0] = True
    table = table_of(SKELETON, points, ImageTable.of([f"{i}.png" for i in range(images)]), annotated)
    image = rng.integers(0, images, people)
    area = size**2 * draw(st.sampled_from([0.05, 0.4]))
    table = dataclasses.replace(table, keypoints=points * annotated[..., None], image=image, area=area)
    crowd = rng.random(people) < draw(st.sampled_from([0.0, 0.2]))
    crowd[0] = False
    whose = rng.integers(0, people, found)
    predicted = points[whose] + rng.normal(0, 1, (found, 17, 2)) * noise * size[whose, None, None]
    predicted[rng.random(found) < 0.1] += 500
    score = np.round(rng.random(found), draw(st.sampled_from([0, 1, 9])))
    order = np.argsort(image[whose], kind="stable")
    return World(table, crowd, predicted[order], score[order], image[whose][order])


def faster(world: World) -> np.ndarray:
    """Precision per OKS threshold and AR, percent."""
    table, annotations, results = world.table, [], []
    images = [{"id": i, "width": 900, "height": 900} for i in range(len(table.images))]
    shared: dict[str, Any] = {"category_id": 1}
    for row in range(len(table)):
        flat = np.concatenate([table.keypoints[row] - 0.5, 2.0 * table.annotated[row][:, None]], 1)
        annotations.append(
            shared
            | {"id": row + 1, "image_id": int(table.image[row]), "keypoints": flat.reshape(-1).tolist()}
            | {"num_keypoints": int(table.annotated[row].sum()), "bbox": table.bbox_xywh[row].tolist()}
            | {"area": float(table.area[row]), "iscrowd": int(world.crowd[row])}
        )
    for number, points, value in zip(world.image, world.predicted, world.score, strict=True):
        flat = np.concatenate([points - 0.5, np.ones((17, 1))], 1).reshape(-1).tolist()
        results.append(shared | {"image_id": int(number), "keypoints": flat, "score": float(value)})
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO({"images": images, "annotations": annotations, "categories": [{"id": 1, "name": "person"}], "info": {}})
        run = COCOeval_faster(truth, truth.loadRes(results), "keypoints")
        run.params.maxDets = [1000]
        run.evaluate()
        run.accumulate()
    precision, recall = run.eval["precision"][:, :, 0, 0, -1], run.eval["recall"][:, 0, 0, -1]
    return 100 * np.array([*precision.mean(1), recall.mean()])


@settings(max_examples=40, deadline=None)
@given(worlds())
def test_parity_on_random_sets(world):
    counts = world.counts
    owner = np.full(len(world.score), -1)
    found = match(world.predicted, world.score, world.image, owner, world.table.select(counts), world.ignored())
    ours = [point(AveragePrecision(found, t, t + 1)) for t in range(10)] + [100 * average_recall(found)]
    assert np.allclose(ours, faster(world), rtol=0, atol=1e-9)


@settings(max_examples=20, deadline=None)
@given(worlds(), st.integers(0, 1000))
def test_many_resamples_are_the_single_ones(world, seed):
    """Several resamples at once (single precision) give what each gives alone."""
    table = world.table.select(world.counts)
    owner = np.full(len(world.score), -1)
    owner[: len(table)] = np.random.default_rng(seed).permutation(len(table))[: len(owner)]
    found = match(world.predicted, world.score, world.image, owner, table, world.ignored())
    weights = np.random.default_rng(seed).multinomial(len(table), np.full(len(table), 1 / len(table)), 5)
    alone = np.concatenate([average_precision(found, row[None]) for row in weights])
    assert np.allclose(average_precision(found, weights), alone, rtol=0, atol=1e-6)
