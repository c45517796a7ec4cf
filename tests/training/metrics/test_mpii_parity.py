"""PCKh of predictions that others published, on the people they were published for; collected where the data folder is."""

import os
from pathlib import Path

import numpy as np
import pytest
import scipy.io

from smpl_assets.pose_table import ImageTable
from smpl_assets.skeletons import get_skeleton
from tests.training.figures import boxed_poses, table_of
from training.evaluate_settings import EvaluateSettings
from training.metrics.bootstrap import point
from training.metrics.match import match_people
from training.metrics.measures import build_measure

DATA = Path(os.environ.get("RAREPOSE_DATA", Path(__file__).resolve().parents[4] / "shared" / "data"))
FILES = [p for p in [DATA / "mpii_valid_full" / "detections_our_format.mat"] if p.is_file()]


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.parent.name)
@pytest.mark.parametrize(("share", "expected"), [(0.5, 82.3367), (0.1, 28.9748)])
def test_pckh_of_stored_predictions(path, share, expected):
    stored = scipy.io.loadmat(path)
    skeleton = get_skeleton("mpii16")
    names = [str(n[0]) for n in stored["dataset_joints"][0]]
    truth = _in_order(stored["pos_gt_src"].transpose(2, 0, 1), names, skeleton.keypoints)
    found = _in_order(stored["pos_pred_src"].transpose(2, 0, 1), names, skeleton.keypoints)
    annotated = _in_order(1 - stored["jnt_missing"].T[..., None], names, skeleton.keypoints)[..., 0].astype(bool)
    boxes = stored["headboxes_src"].transpose(2, 0, 1).astype(float)
    table = table_of(skeleton, truth, ImageTable.of([str(i) for i in range(len(truth))]), annotated)
    object.__setattr__(table, "head_size", 0.6 * np.linalg.norm(boxes[:, 1] - boxes[:, 0], axis=1))
    people = len(truth)
    matched = match_people(boxed_poses(table, found, np.ones(people), "stored"), table)
    measure = build_measure("pckh", table, [matched], EvaluateSettings(pckh_threshold=share))
    everyone = np.ones(people, bool)
    assert int(measure.statistic(everyone).counted.sum()) == 38430
    assert point(measure.statistic(everyone)) == pytest.approx(expected, abs=5e-5)
    if share == 0.5:
        wanted = {"head_top": 95.60, "head_bottom": 97.71, "right_wrist": 76.40, "left_ankle": 65.69}
        joints = dict(zip(skeleton.keypoints, measure.per_joint(everyone), strict=True))
        assert {n: round(joints[n], 2) for n in wanted} == wanted


def _in_order(values: np.ndarray, names: list[str], keypoints: tuple[str, ...]) -> np.ndarray:
    """The file's joints (N, 16, ...) in our order; its names are rank, rkne, ..., head, neck."""
    short = {"ankle": "ank", "knee": "kne", "hip": "hip", "wrist": "wri", "elbow": "elb", "shoulder": "sho"}
    middle = {"pelvis": "pelv", "thorax": "thor", "head_bottom": "neck", "head_top": "head"}
    wanted = [middle[k] if k in middle else k[0] + short[k.split("_")[1]] for k in keypoints]
    return np.asarray(values, float)[:, [names.index(w) for w in wanted]]
