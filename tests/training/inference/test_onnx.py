from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import onnx
import onnxruntime
import pytest

from smpl_assets.errors import InputError
from training.inference.estimator import Estimator
from training.inference.load import load
from training.inference.onnx_export import TOLERANCE, export_onnx


def blobs(seed: int = 0, size: int = 128) -> np.ndarray:
    """A smooth picture, so that maps have peaks rather than ties."""
    image = np.random.default_rng(seed).integers(0, 255, (size, size, 3)).astype(np.uint8)
    return cv2.GaussianBlur(image, (0, 0), 3)


@pytest.fixture(scope="module")
def plain(estimator: Estimator, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("plain")
    assert export_onnx(estimator, "plain", out) <= TOLERANCE
    return out


def test_onnxruntime_finds_what_torch_finds(estimator: Estimator, plain: Path) -> None:
    image = blobs(size=200)
    boxes = np.array([[10.0, 20.0, 100.0, 150.0], [0.0, 0.0, 200.0, 200.0], [50.0, 5.0, 60.0, 90.0]])
    expected, found = estimator(image, boxes), load(plain / "network.onnx")(image, boxes)
    assert np.abs(found.joint_score - expected.joint_score).max() < TOLERANCE
    assert np.abs(found.keypoints - expected.keypoints).max() < 0.01
    assert found.keypoints.shape == (3, 21, 2)


def test_the_card_says_how_to_read_it(estimator: Estimator, plain: Path) -> None:
    card = json.loads((plain / "card.json").read_text())
    assert card["keypoints"] == list(estimator.skeleton.keypoints)
    assert (card["input_size"], card["stride"], card["output_size"], card["colour"]) == ([128, 128], 4, [32, 32], "RGB")
    text = (plain / "README.md").read_text()
    assert "(batch, 21, 32, 32), one heatmap per keypoint" in text
    assert "{" not in text


def test_an_onnx_file_is_not_exported_again(plain: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="an ONNX file already"):
        export_onnx(load(plain / "network.onnx"), "plain", tmp_path)


def test_somebody_elses_onnx_file_has_no_card(plain: Path, tmp_path: Path) -> None:
    file = onnx.load(plain / "network.onnx")
    del file.metadata_props[:]
    onnx.save(file, tmp_path / "theirs.onnx")
    with pytest.raises(InputError, match="it has no card"):
        load(tmp_path / "theirs.onnx")


def read_as_rtmlib(session: onnxruntime.InferenceSession, bgr: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """RTMPose's input and output of a crop: pixel indices (J, 2), scores (J,)."""
    normalised = (bgr - np.array([123.675, 116.28, 103.53])) / np.array([58.395, 57.12, 57.375])
    outputs = session.run(None, {session.get_inputs()[0].name: normalised.transpose(2, 0, 1)[None].astype(np.float32)})
    places = np.stack([output[0].argmax(1) for output in outputs], 1) / 2.0
    return places, np.minimum(*(output[0].max(1) for output in outputs))


def test_rtmlib_reads_joints_from_two_outputs(estimator: Estimator, tmp_path: Path) -> None:
    assert export_onnx(estimator, "rtmlib", tmp_path) <= TOLERANCE
    session = onnxruntime.InferenceSession(str(tmp_path / "network.onnx"))
    assert [o.name for o in session.get_outputs()] == ["simcc_x", "simcc_y"]
    image = blobs(3)
    alone = Estimator(estimator.model, estimator.card, flip_test=False)
    side = 128 / 1.25  # a box whose crop is the picture
    expected = alone(image, np.array([[(128 - side) / 2, (128 - side) / 2, side, side]]))
    places, scores = read_as_rtmlib(session, image[..., ::-1])
    inside = (np.abs(expected.keypoints[0] - 64) < 63).all(1)
    assert inside.sum() > 10
    assert np.abs(places + 0.5 - expected.keypoints[0])[inside].max() < 0.26
    assert np.abs(scores - expected.joint_score[0]).max() < 1e-4
    with pytest.raises(InputError, match="made for rtmlib"):
        load(tmp_path / "network.onnx")
