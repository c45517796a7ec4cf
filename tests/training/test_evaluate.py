import json

import numpy as np
import pytest

from smpl_assets.errors import StageError
from smpl_assets.pose_table import PoseTable
from smpl_assets.skeletons import get_skeleton
from tests.training.figures import make_people, make_scores
from training.metrics.evaluate import evaluate_predictions
from training.metrics.table import rarity_table, render_text
from training.networks.checkpoint import NetworkCard, load_network, save_network
from training.networks.registry import build_network
from training.predict import heatmaps_of
from training.predictions import Predictions, divide_and_conquer
from training.settings import EvaluateSettings
from training.stage import evaluate_variant, train_variant

NETWORKS = ("baseline", "drp+asrpt+wlcd")
SETTINGS = EvaluateSettings(bootstrap=200)


@pytest.fixture(scope="module")
def trained(world, tmp_path_factory):
    """Both networks of DACP, trained until they know the stick figures."""
    from training.settings import TrainSettings

    root = tmp_path_factory.mktemp("trained")
    settings = TrainSettings(
        network="simple_tiny", input_size=(64, 64), epochs=45, batch_size=8, lr=3e-3, schedule="cosine", sigma=1.5
    )
    for name in NETWORKS:
        (root / name).mkdir()
        train_variant(name, world[0] / "augmented", world[0] / "images", settings, 0, root / name)
    return root


@pytest.fixture(scope="module")
def validation(tmp_path_factory):
    root = tmp_path_factory.mktemp("validation")
    return make_people(root / "images", 16, seed=9), root / "images"


def evaluate(trained, validation, out, variant="baseline", baseline=None, settings=SETTINGS, scores=None, networks=None):
    table, images = validation
    out.mkdir()
    found = networks if networks is not None else {n: trained / n for n in NETWORKS}
    evaluate_variant(variant, found, table, images, scores or make_scores(len(table), 4), baseline, settings, 0, out)
    return json.loads((out / "metrics.json").read_text()), Predictions.load(out / "predictions.npz")


def test_a_trained_network_finds_stick_figures(trained, validation, tmp_path):
    metrics, predictions = evaluate(trained, validation, tmp_path / "a")
    assert metrics["metrics"]["pck"]["values"][0] > 70
    assert metrics["headline"] == "oks_ap"
    assert "not_applicable" in metrics["metrics"]["pckh"]
    assert [c["people"] for c in metrics["columns"]] == [16, 12, 4, 2]
    assert metrics["metrics"]["pck"]["difference"] is None
    assert predictions.valid.all()
    own = metrics["per_person"]
    assert len(own["oks"]) == len(own["pck"]) == len(own["score"]) == len(own["rarity"]) == 16
    error = np.linalg.norm(predictions.keypoints - validation[0].keypoints, axis=2)
    assert np.median(error) < 3  # px of a figure 65 px high, from 16 x 16 heatmaps


def test_differences_to_the_baseline_and_dacp(trained, validation, tmp_path):
    base, usual = evaluate(trained, validation, tmp_path / "base")
    rows = [base]
    for name in ("drp+asrpt+wlcd", "dacp"):
        metrics, predictions = evaluate(trained, validation, tmp_path / name, name, tmp_path / "base")
        for figures in (metrics["metrics"]["pck"], metrics["metrics"]["oks_ap"]):
            reference = base["metrics"]["pck" if figures["title"].startswith("PCK") else "oks_ap"]["values"]
            expected = np.subtract(figures["values"], reference)
            assert figures["difference"]["values"] == pytest.approx(expected.tolist(), abs=2e-6)
        rows.append(metrics)
    rare = Predictions.load(tmp_path / "drp+asrpt+wlcd" / "predictions.npz")
    larger = rare.score > usual.score
    assert np.array_equal(predictions.network, larger.astype(int))
    assert np.array_equal(predictions.keypoints, np.where(larger[:, None, None], rare.keypoints, usual.keypoints))
    assert metrics["networks"] == {"baseline": int((~larger).sum()), "drp+asrpt+wlcd": int(larger.sum())}
    assert "DACP" in render_text(rarity_table(rows))


def test_the_same_input_gives_the_same_bytes(trained, validation, tmp_path):
    for name in ("a", "b"):
        evaluate(trained, validation, tmp_path / name)
    for file in ("metrics.json", "predictions.npz"):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()


def test_a_network_evaluated_against_itself_differs_by_nothing(trained, validation, tmp_path):
    evaluate(trained, validation, tmp_path / "a")
    metrics, _ = evaluate(trained, validation, tmp_path / "b", baseline=tmp_path / "a")
    difference = metrics["metrics"]["pck"]["difference"]
    assert difference == {"values": [0.0] * 4, "low": [0.0] * 4, "high": [0.0] * 4}


def test_bad_images_are_left_out_of_the_figures_and_counted(trained, validation, tmp_path):
    table, images = validation
    other = tmp_path / "images"
    other.mkdir()
    for path in images.iterdir():
        (other / path.name).write_bytes(path.read_bytes())
    (other / "003.png").write_bytes(b"broken")
    (other / "015.png").unlink()
    metrics, predictions = evaluate(trained, (table, other), tmp_path / "a")
    assert metrics["skipped"]["counts"] == {"not a readable image": 1, "no such image": 1}
    assert metrics["evaluated"] == metrics["metrics"]["pck"]["people"][0] == 14
    assert np.flatnonzero(~predictions.valid).tolist() == [3, 15]
    assert [c["people"] for c in metrics["columns"]][:3] == [14, 11, 3]


def test_errors_name_what_is_missing(trained, validation, tmp_path):
    table, _images = validation
    with pytest.raises(StageError, match=r"network of variant 'drp\+asrpt\+wlcd' is missing"):
        evaluate(trained, validation, tmp_path / "a", "dacp", networks={"baseline": trained / "baseline"})
    with pytest.raises(StageError, match="3 rarity scores for 16 people"):
        evaluate(trained, validation, tmp_path / "b", scores=make_scores(3, 1))
    with pytest.raises(StageError, match="no image of the validation set"):
        evaluate(trained, (table, tmp_path / "nothing"), tmp_path / "c")
    lsp = make_people(tmp_path / "lsp", 2, "lsp14")
    with pytest.raises(StageError, match="knows coco17, the validation set has lsp14"):
        evaluate(trained, (lsp, tmp_path / "lsp"), tmp_path / "d", scores=make_scores(2, 1))


def test_flip_test_is_symmetric(trained, validation):
    """With the flip test, a mirrored crop gives the mirrored heatmaps with left and right swapped, without a shift."""
    import torch

    network, card = load_network(trained / "baseline")
    flip = get_skeleton(card.skeleton).flip
    image = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    plain, mirrored = heatmaps_of(network, image, flip), heatmaps_of(network, image.flip(3), flip)
    assert torch.allclose(mirrored.flip(3)[:, list(flip)], plain, atol=1e-5)
    assert not torch.allclose(heatmaps_of(network, image, None), plain, atol=1e-4)


def stand_in(table: PoseTable, error: np.ndarray, name: str) -> Predictions:
    """Predictions that miss every joint of person i by error[i] px."""
    shifted = table.keypoints + np.stack([error, 0 * error], 1)[:, None]
    n = len(table)
    return Predictions(shifted, np.ones((n, 17)), 1 - error / 100, np.ones(n, bool), np.zeros(n, np.int64), (name,))


def test_metrics_by_hand(validation):
    """All joints of the rare people are missed by one network, those of person 0 by the other."""
    table, _ = validation
    error = np.where(np.arange(16) >= 12, 50.0, 0.0)
    metrics = evaluate_predictions("drp", stand_in(table, error, "drp"), None, table, make_scores(16, 4), SETTINGS, 0)
    assert metrics["metrics"]["pck"]["values"] == pytest.approx([75.0, 100.0, 0.0, 0.0])
    assert metrics["metrics"]["oks_ap"]["values"][1] == pytest.approx(100)
    assert metrics["metrics"]["pck"]["per_joint"][0] == pytest.approx([75.0] * 17)
    assert set(metrics["metrics"]["oks_ap"]["details"]) == {"AP50", "AP75", "AR"}
    low, high = metrics["metrics"]["pck"]["low"][0], metrics["metrics"]["pck"]["high"][0]
    assert low < 75 < high


def test_divide_and_conquer_takes_the_larger_score_and_the_usual_network_on_a_tie(validation):
    table, _ = validation
    rising = np.arange(16.0)
    result = divide_and_conquer(stand_in(table, rising, "a"), stand_in(table, np.full(16, 5.0), "b"))
    assert result.network.tolist() == [0] * 6 + [1] * 10
    assert result.networks == ("a", "b")
    assert result.score.max() == 1.0


def test_mpii_people_are_cropped_by_centre_and_scale_and_judged_by_heads(tmp_path):
    """An untrained network on MPII's skeleton goes all the way; PCKh applies and pelvis and thorax have no figure."""
    import dataclasses

    table = make_people(tmp_path / "images", 4, "mpii16")
    table = dataclasses.replace(table, head_size=np.full(4, 8.0))
    keypoints = table.skeleton.keypoints
    (tmp_path / "net").mkdir()
    card = NetworkCard("simple_tiny", "mpii16", keypoints, (64, 64), "center", 1.25, "baseline")
    save_network(tmp_path / "net", build_network("simple_tiny", 16, 0), card)
    metrics, predictions = evaluate(
        None, (table, tmp_path / "images"), tmp_path / "out", scores=make_scores(4, 1), networks={"baseline": tmp_path / "net"}
    )
    assert metrics["headline"] == "pckh"
    joints = dict(zip(keypoints, metrics["metrics"]["pckh"]["per_joint"][0], strict=True))
    assert joints["pelvis"] is None
    assert joints["thorax"] is None
    assert joints["left_knee"] is not None
    assert np.isfinite(predictions.keypoints).all()
