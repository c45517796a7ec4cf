import json

import numpy as np
import pytest

from smpl_assets.body.settings import BodySettings
from smpl_assets.errors import InputError, StageError
from smpl_assets.inverse.fit_stage import fit_people
from smpl_assets.inverse.fits import FITS, HYPOTHESES, Fits
from smpl_assets.inverse.function import FILES, FOLDER, load_function, matches, read_card
from smpl_assets.inverse.settings import FitSettings, GateSettings, InverseSettings
from smpl_assets.inverse.stage import train_inverse
from smpl_assets.pose_table import ImageTable, PoseTable
from smpl_assets.skeletons import SKELETONS, Skeleton
from smpl_assets.work import Bench
from tests.smpl_assets.inverse.test_fit import _people

BODY = BodySettings()


@pytest.fixture(scope="module")
def people(body):
    keypoints, annotated = (t.numpy() for t in _people(body, 6))
    keypoints, annotated = keypoints.copy(), annotated.copy()
    annotated[1, 4:] = False
    keypoints[2, 3] = np.nan
    keypoints[3, 0] = 90000.0
    return keypoints, annotated


def _table(keypoints, annotated, skeleton=SKELETONS["mpii16"]):
    n = len(keypoints)
    zero, none = np.zeros(n), np.zeros(n, np.int64)
    boxes = np.zeros((n, 4)), np.zeros((n, 2)), zero, zero, zero
    places = none, none, ("",) * n, ImageTable.of(["0.jpg"])
    return PoseTable(skeleton, keypoints.astype(float), annotated, annotated, *boxes, *places)


def _fit(people, inverse_dir, out, **changes):
    out.mkdir()
    settings = FitSettings(hypotheses=2, batch=8).model_copy(update=changes)
    fit_people(_table(*people), np.arange(10, 16), inverse_dir, settings, BODY, Bench(0, out))
    return Fits.load(out / "fits.npz")


def test_people_become_fits_and_bad_ones_reasons(people, inverse_dir, tmp_path):
    fits = _fit(people, inverse_dir, tmp_path / "a")
    assert fits.person.tolist() == list(range(10, 16))
    assert [bool(r) for r in fits.reason[1:4]] == [True, True, True]
    assert "fewer than 6" in fits.reason[1]
    assert "not a number" in fits.reason[2]
    assert "far outside" in fits.reason[3]
    assert fits.accepted[[0, 4, 5]].any()
    assert not fits.accepted[[1, 2, 3]].any()
    assert np.isinf(fits.error_px[1])
    tried = fits.hypothesis >= 0
    np.testing.assert_allclose(fits.error_px[tried], fits.error_crop[tried] * fits.crop_xywh[tried, 2], rtol=1e-5)


def test_the_same_people_are_the_same_bytes(people, inverse_dir, tmp_path):
    for name in ("a", "b"):
        _fit(people, inverse_dir, tmp_path / name)
    for file in (FITS, HYPOTHESES):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()


def test_believed_runners_up_are_kept_apart_from_the_best(people, inverse_dir, tmp_path):
    gate = GateSettings(error_crop=0.2, limit_deg=30.0, penetration_m=0.1, surprise=9.0)
    fits = _fit(people, inverse_dir, tmp_path / "a", hypotheses=5, gate=gate)
    others = Fits.load(tmp_path / "a" / HYPOTHESES)
    assert len(others)
    assert others.accepted.all()
    assert np.isin(others.person, fits.person[fits.accepted]).all()
    assert (np.diff(others.person) >= 0).all()
    assert (others.error_crop <= gate.error_crop).all()
    assert (others.penetration_m <= gate.penetration_m).all()
    for row, other in enumerate(others.person):
        best = int(np.flatnonzero(fits.person == other)[0])
        assert others.hypothesis[row] != fits.hypothesis[best]
        assert np.abs(others.body_pose[row] - fits.body_pose[best]).max() > 0.02
        np.testing.assert_array_equal(others.crop_xywh[row], fits.crop_xywh[best])


def test_who_else_is_in_the_shard_changes_nothing(body, inverse_dir, tmp_path):
    keypoints, annotated = (t.numpy() for t in _people(body, 11))
    settings = FitSettings(hypotheses=2, batch=8)
    found = []
    for name, rows in (("all", np.arange(11)), ("some", np.array([9, 2, 7]))):
        (tmp_path / name).mkdir()
        shard = _table(keypoints[rows], annotated[rows])
        fit_people(shard, rows, inverse_dir, settings, BODY, Bench(0, tmp_path / name))
        found.append(Fits.load(tmp_path / name / "fits.npz"))
    whole, part = found[0].select(np.array([9, 2, 7])), found[1]
    np.testing.assert_allclose(whole.body_pose, part.body_pose, atol=1e-3)
    np.testing.assert_allclose(whole.keypoints, part.keypoints, atol=0.05)


def test_nobody_at_all(inverse_dir, tmp_path):
    nobody = _table(np.zeros((0, 16, 2)), np.zeros((0, 16), bool))
    fit_people(nobody, np.zeros(0, np.int64), inverse_dir, FitSettings(), BODY, Bench(0, tmp_path))
    assert len(Fits.load(tmp_path / "fits.npz")) == 0


def _broken(inverse_dir, folder, **changes):
    folder.mkdir()
    for name in ("inverse.safetensors", "prior.safetensors"):
        (folder / name).write_bytes((inverse_dir / name).read_bytes())
    (folder / "card.json").write_text(json.dumps(read_card(inverse_dir) | changes))
    return folder


def test_a_function_for_another_body(inverse_dir, body, tmp_path):
    with pytest.raises(InputError, match="for the body 'smpl'"):
        load_function(_broken(inverse_dir, tmp_path / "f", body="smpl"), body, (SKELETONS["mpii16"],))


def test_weights_that_are_not_the_cards(inverse_dir, body, tmp_path):
    settings = dict(read_card(inverse_dir)["settings"]) | {"width": 32}
    with pytest.raises(StageError, match="not the weights of its card"):
        load_function(_broken(inverse_dir, tmp_path / "f", settings=settings), body, (SKELETONS["mpii16"],))


def test_no_function_there(tmp_path, body):
    with pytest.raises(StageError, match=r"card\.json"):
        load_function(tmp_path, body, (SKELETONS["mpii16"],))


def test_shipped_weights_are_those_of_the_default_settings():
    card = read_card(FOLDER)
    assert matches(card, InverseSettings(), "anny", 12)
    assert not matches(card, InverseSettings(weights="train"), "anny", 12)
    assert not matches(card, InverseSettings(fov_deg=(20.0, 30.0)), "anny", 12)
    assert not matches(card, InverseSettings(), "smpl", 10)
    assert sum((FOLDER / name).stat().st_size for name in FILES) < 10 * 2**20


def test_shipped_weights_are_copied(tmp_path):
    train_inverse(InverseSettings(), BODY, Bench(3, tmp_path))
    for name in FILES:
        assert (tmp_path / name).read_bytes() == (FOLDER / name).read_bytes()
    with np.load(tmp_path / "pool.npz") as pool:
        assert pool["body_pose"].shape[1:] == (23, 3)


def test_training_leaves_what_the_contract_says(inverse_dir):
    assert {p.name for p in inverse_dir.iterdir()} == {*FILES, "pool.npz"}
    losses = json.loads((inverse_dir / "losses.json").read_text())
    assert losses[-1]["loss"] < 0.7 * losses[0]["loss"]


def test_a_skeleton_of_ones_own_is_fitted_through_its_limbs(body, inverse_dir, tmp_path):
    mpii, limbs = SKELETONS["mpii16"], SKELETONS["shared13"].keypoints[1:]
    keypoints, annotated = (t.numpy() for t in _people(body, 8))
    own = Skeleton("worker13", (*limbs[:6], "helmet", *limbs[6:]), ())
    columns = [mpii.index(k) for k in limbs]
    found = []
    for name, helmet in (("a", 40.0), ("b", 4000.0)):
        (tmp_path / name).mkdir()
        points = np.insert(keypoints[:, columns], 6, helmet, axis=1)
        shard = _table(points, np.insert(annotated[:, columns], 6, True, axis=1), own)
        fit_people(shard, np.arange(8), inverse_dir, FitSettings(hypotheses=2, batch=8), BODY, Bench(0, tmp_path / name))
        found.append(Fits.load(tmp_path / name / "fits.npz"))
    fits = found[0]
    assert fits.accepted.sum() >= 6
    assert fits.keypoints.shape == (8, 13, 2)
    assert np.isnan(fits.keypoints[:, 6]).all()
    away = np.linalg.norm(np.delete(fits.keypoints, 6, 1) - keypoints[:, columns], axis=2)
    np.testing.assert_allclose(away.mean(1), fits.error_px, rtol=1e-4)
    assert np.median(fits.error_crop) < 0.02
    assert found[0] == found[1]


def test_a_skeleton_without_limbs_is_an_error_that_names_them(inverse_dir, tmp_path):
    dog = Skeleton("dog6", tuple("abcdef"), ())
    with pytest.raises(InputError, match="it lacks left_shoulder, right_shoulder"):
        fit_people(_table(np.zeros((1, 6, 2)), np.ones((1, 6), bool), dog), np.arange(1), inverse_dir, FitSettings(), BODY,
                   Bench(0, tmp_path))  # fmt: skip
