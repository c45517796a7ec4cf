import dataclasses
import json

import numpy as np
import pytest

from smpl_assets.errors import StageError
from smpl_assets.pose_table import PoseTable
from smpl_assets.skeletons import get_skeleton
from smpl_assets.work import Bench
from tests.training.figures import boxed_poses, make_people, make_scores
from training.codecs.codec import Knobs
from training.evaluate_settings import EvaluateSettings
from training.evaluate_stage import evaluate_row
from training.metrics.evaluate import Validation, evaluate_poses, versus
from training.metrics.match import match_people
from training.metrics.rarity_table import rarity_table, render_text
from training.poses import Poses, divide_and_conquer
from training.predict import last_output
from training.recipes import Row, recipe_of
from training.systems.build import build_model
from training.systems.checkpoint import NetworkCard, load_model, save_network
from training.train_settings import TrainSettings
from training.train_stage import train_network

NETWORKS = ("baseline", "drp+asrpt+wlcd")
SETTINGS = EvaluateSettings(bootstrap=200)


@pytest.fixture(scope="module")
def trained(world, tmp_path_factory):
    """Both networks of DACP, trained until they know the stick figures."""
    root = tmp_path_factory.mktemp("trained")
    settings = TrainSettings(
        network="simple_tiny", input_size=(64, 64), epochs=45, batch_size=8, lr=3e-3, schedule="cosine", sigma=1.5
    )
    for name in NETWORKS:
        (root / name).mkdir()
        train_network(Row("", name), recipe_of(name), world, settings, Bench(0, root / name))
    return root


@pytest.fixture(scope="module")
def validation(tmp_path_factory):
    root = tmp_path_factory.mktemp("validation")
    return make_people(root / "images", 16, seed=9), root / "images"


def evaluate(trained, validation, out, variant="baseline", baseline=None, settings=SETTINGS, scores=None, folders=None):
    """One row by networks of one training, or of several (`folders`)."""
    table, images = validation
    out.mkdir()
    names = NETWORKS if variant == "dacp" else (variant,)
    people = Validation(table, images, scores or make_scores(len(table), 4))
    evaluate_row(Row("", variant), folders or [[trained / n for n in names]], people, baseline, settings, Bench(0, out))
    return json.loads((out / "metrics.json").read_text()), Poses.load(out / "predictions.npz")


def test_a_trained_network_finds_stick_figures(trained, validation, tmp_path):
    metrics, predictions = evaluate(trained, validation, tmp_path / "a")
    assert metrics["metrics"]["pck"]["values"][0] > 70
    assert metrics["headline"] == "oks_ap"
    assert "not_applicable" in metrics["metrics"]["pckh"]
    assert [c["people"] for c in metrics["columns"]] == [16, 12, 4, 2]
    assert metrics["metrics"]["pck"]["difference"] is None
    assert not predictions.unusable.any()
    assert predictions.person.tolist() == list(range(16))
    assert (metrics["title"], metrics["recipe"], metrics["network"], metrics["seeds"]) == ("Baseline", "baseline", "", 1)
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
    rare = Poses.load(tmp_path / "drp+asrpt+wlcd" / "predictions.npz")
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
    assert np.flatnonzero(predictions.unusable).tolist() == [3, 15]
    assert [c["people"] for c in metrics["columns"]][:3] == [14, 11, 3]


def test_errors_name_what_is_missing(trained, validation, tmp_path):
    table, _images = validation
    with pytest.raises(StageError, match=r"gone/network\.safetensors: not a trained pose network"):
        evaluate(trained, validation, tmp_path / "a", folders=[[tmp_path / "gone"]])
    with pytest.raises(StageError, match="3 rarity scores for 16 people"):
        evaluate(trained, validation, tmp_path / "b", scores=make_scores(3, 1))
    with pytest.raises(StageError, match="no image of the validation set"):
        evaluate(trained, (table, tmp_path / "nothing"), tmp_path / "c")
    lsp = make_people(tmp_path / "lsp", 2, "lsp14")
    with pytest.raises(StageError, match="knows coco17, the people have lsp14"):
        evaluate(trained, (lsp, tmp_path / "lsp"), tmp_path / "d", scores=make_scores(2, 1))


def test_flip_test_is_symmetric(trained, validation):
    """With the flip test, a mirrored crop gives the mirrored heatmaps with left and right swapped, without a shift."""
    import torch

    model, card = load_model(trained / "baseline", get_skeleton("coco17"))
    flip = get_skeleton(card.skeleton).flip
    image = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    plain, mirrored = last_output(model, image, flip), last_output(model, image.flip(3), flip)
    assert torch.allclose(mirrored.flip(3)[:, list(flip)], plain, atol=1e-5)
    assert not torch.allclose(last_output(model, image, None), plain, atol=1e-4)


def stand_in(table: PoseTable, error: np.ndarray, name: str) -> Poses:
    """Poses that miss every joint of person i by error[i] px."""
    shifted = table.keypoints + np.stack([error, 0 * error], 1)[:, None]
    return boxed_poses(table, shifted, 1 - error / 100, name)


def test_metrics_by_hand(validation):
    """All joints of the rare people are missed by one network, those of person 0 by the other."""
    table, _ = validation
    error = np.where(np.arange(16) >= 12, 50.0, 0.0)
    people = Validation(table, validation[1], make_scores(16, 4))
    found = [match_people(stand_in(table, error, "drp"), table)]
    metrics = evaluate_poses(Row("", "drp"), found, None, people, SETTINGS, 0)
    assert metrics["metrics"]["pck"]["values"] == pytest.approx([75.0, 100.0, 0.0, 0.0])
    assert metrics["metrics"]["oks_ap"]["values"][1] == pytest.approx(100)
    assert metrics["metrics"]["pck"]["per_joint"][0] == pytest.approx([75.0] * 17)
    assert set(metrics["metrics"]["oks_ap"]["details"]) == {"AP50", "AP75", "AR"}
    low, high = metrics["metrics"]["pck"]["low"][0], metrics["metrics"]["pck"]["high"][0]
    assert low < 75 < high


def test_figures_by_reason_and_errors_by_hand(validation):
    """Four rare people: two lie, and the row finds them where the baseline misses them; of the others it misses one."""
    table, _ = validation
    reasons = np.array([""] * 12 + ["orientation"] * 2 + ["posture"] * 2)
    scores = dataclasses.replace(make_scores(16, 4), reason=reasons)
    people = Validation(table, validation[1], scores)
    before, after = np.zeros(16), np.zeros(16)
    before[[12, 13]], after[14] = 500.0, 500.0
    base, found = ([match_people(stand_in(table, e, n), table)] for e, n in ((before, "baseline"), (after, "drp")))
    metrics = evaluate_poses(Row("", "drp"), found, base, people, SETTINGS, 0)
    assert metrics["reasons"] == [{"name": "posture", "people": 2}, {"name": "orientation", "people": 2}]
    by_reason = metrics["metrics"]["pck"]["by_reason"]
    assert (by_reason["values"], by_reason["people"]) == ([50.0, 100.0], [2, 2])
    assert by_reason["difference"]["values"] == [-50.0, 100.0]
    assert by_reason["difference"]["low"][1] == by_reason["difference"]["high"][1] == 100.0
    assert np.flatnonzero(metrics["per_person"]["error"]).tolist() == [14]
    assert metrics["per_person"]["error"][14] == 1.0
    assert metrics["against"] == "baseline"
    held = versus(found, base, people, "pck", SETTINGS, 0)
    assert {name: held[name] for name in held} == {name: metrics["metrics"]["pck"][name] for name in held}
    assert versus(found, base, people, "pckh", SETTINGS, 0) is None


def test_dacp_over_two_networks_says_which(validation):
    table, _ = validation
    people = Validation(table, validation[1], make_scores(16, 4))
    pairs = {"cpn/": "DACP (cpn: Baseline, hr: DRP + WLCD)", "hr/": "DACP"}
    for label, title in pairs.items():
        both = [stand_in(table, np.zeros(16), name) for name in (f"{label}baseline", "hr/drp+wlcd")]
        found = [match_people(divide_and_conquer(*both), table)]
        assert evaluate_poses(Row("", "dacp"), found, None, people, SETTINGS, 0)["title"] == title


def test_divide_and_conquer_takes_the_larger_score_and_the_usual_network_on_a_tie(validation):
    table, _ = validation
    rising = np.arange(16.0)
    result = divide_and_conquer(stand_in(table, rising, "a"), stand_in(table, np.full(16, 5.0), "b"))
    assert result.network.tolist() == [0] * 6 + [1] * 10
    assert result.networks == ("a", "b")
    assert result.score.max() == 1.0


def test_mpii_people_are_cropped_by_centre_and_scale_and_judged_by_heads(tmp_path):
    """An untrained network on MPII's skeleton goes all the way; PCKh applies and pelvis and thorax have no figure."""
    table = make_people(tmp_path / "images", 4, "mpii16")
    table = dataclasses.replace(table, head_size=np.full(4, 8.0))
    keypoints = table.skeleton.keypoints
    (tmp_path / "net").mkdir()
    card = NetworkCard("simple_tiny", "mpii16", keypoints, (64, 64), "center", 1.25, "baseline")
    save_network(tmp_path / "net", build_model("simple_tiny", table.skeleton, 0, Knobs()).network, card)
    metrics, predictions = evaluate(
        None, (table, tmp_path / "images"), tmp_path / "out", scores=make_scores(4, 1), folders=[[tmp_path / "net"]]
    )
    assert metrics["headline"] == "pckh"
    joints = dict(zip(keypoints, metrics["metrics"]["pckh"]["per_joint"][0], strict=True))
    assert joints["pelvis"] is None
    assert joints["thorax"] is None
    assert joints["left_knee"] is not None
    assert np.isfinite(predictions.keypoints).all()


def test_several_trainings_of_a_row_are_one_row(trained, validation, tmp_path):
    """The figures are means over trainings, and the interval of a row against itself stays zero."""
    both = [[trained / name] for name in NETWORKS]
    alone = [evaluate(trained, validation, tmp_path / f"alone{i}", folders=[b])[0] for i, b in enumerate(both)]
    metrics, _ = evaluate(trained, validation, tmp_path / "both", folders=both)
    again, _ = evaluate(trained, validation, tmp_path / "again", folders=both, baseline=tmp_path / "both")
    assert metrics["seeds"] == 2
    for name in ("pck", "oks_ap"):
        expected = np.mean([a["metrics"][name]["values"] for a in alone], axis=0)
        assert metrics["metrics"][name]["values"] == pytest.approx(expected.tolist(), abs=1e-5)
        assert metrics["metrics"][name]["per_seed"] == [a["metrics"][name]["values"] for a in alone]
    assert again["metrics"]["pck"]["difference"] == {"values": [0.0] * 4, "low": [0.0] * 4, "high": [0.0] * 4}
    assert "2 trainings" in rarity_table([metrics]).note
    assert (tmp_path / "both" / "predictions-2.npz").is_file()
