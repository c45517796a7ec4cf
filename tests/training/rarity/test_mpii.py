"""The thesis's counts and the score's agreement with real errors, on MPII; collected where the data folder is."""

import os
from pathlib import Path

import numpy as np
import pytest
import scipy.io
from scipy.stats import spearmanr

from training.datasets.settings import DataSettings
from training.datasets.stage import read_poses
from training.rarity.model import fit_rarity
from training.rarity.settings import RareSettings
from training.rarity.summary import seed_counts

DATA = Path(os.environ.get("RAREPOSE_DATA", Path(__file__).resolve().parents[4] / "shared" / "data"))
VALID = [p for p in [DATA / "mpii_valid_full" / "valid.h5"] if p.is_file()]
THESIS = {0.5: 684, 0.7: 289, 0.9: 150, 1.0: 91, 1.2: 34}


@pytest.fixture(scope="module")
def table(request):
    return read_poses(DataSettings(format="mpii", annotations=str(VALID[0])))[0]


@pytest.mark.parametrize("path", VALID, ids=lambda p: p.name)
def test_the_thesiss_counts(path, table):
    model, judged = fit_rarity(table, RareSettings(policy="thesis", clusters=7, sweep=False), 0)
    found = seed_counts(model, table)
    for tau, mean, spread in zip(found["taus"], found["mean"], found["spread"], strict=True):
        if tau in THESIS:
            assert abs(mean - THESIS[tau]) <= max(0.05 * THESIS[tau], 3 + spread), (tau, mean)
    far = judged.distance >= 1.0
    assert (~table.annotated[far].all(1)).mean() > 0.8  # most of the thesis's tail is truncated people


@pytest.mark.parametrize("path", VALID, ids=lambda p: p.name)
def test_the_default_score_agrees_with_what_is_hard(path, table):
    accuracy = _accuracy(path.parent / "detections_our_format.mat")
    judged = fit_rarity(table, RareSettings(seeds=1), 0)[1]
    counted = np.isfinite(accuracy)
    assert spearmanr(judged.score[counted], -accuracy[counted]).statistic > 0.57
    rows = np.flatnonzero(counted)[np.argsort(-judged.score[counted])[: int(0.03 * counted.sum())]]
    assert 100 * accuracy[rows].mean() < 45.0
    assert (~table.annotated[rows].all(1)).mean() < 0.2


def _accuracy(path: Path) -> np.ndarray:
    """(N,) PCKh@0.5 without pelvis and thorax; NaN below four joints."""
    file = scipy.io.loadmat(path)
    names = [str(name[0]) for name in file["dataset_joints"][0]]
    truth, found, box = (file[key].transpose(2, 0, 1) for key in ("pos_gt_src", "pos_pred_src", "headboxes_src"))
    head = 0.6 * np.linalg.norm(box[:, 1] - box[:, 0], axis=1)
    used = (file["jnt_missing"].T == 0) & np.array([name not in ("pelv", "thor") for name in names])
    right = np.linalg.norm(truth - found, axis=2) <= 0.5 * head[:, None]
    return np.where(used.sum(1) >= 4, (right & used).sum(1) / np.maximum(used.sum(1), 1), np.nan)
