from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from smpl_assets.errors import InputError
from smpl_assets.skeletons import SKELETONS, get_skeleton
from smpl_assets.skipped import Skipped
from tests.training.figures import make_people
from training.codecs.codec import Knobs
from training.evaluate_settings import EvaluateSettings
from training.feeds.images import ImageStore
from training.inference.estimator import Estimator
from training.inference.load import load, skeleton_of
from training.predict import Predictor
from training.systems.build import build_model
from training.systems.checkpoint import NetworkCard, save_network


class Brightest(nn.Module):
    """A network whose maps are the crop's brightness at stride 4."""

    def __init__(self, joints: int) -> None:
        super().__init__()
        self.joints = joints

    def forward(self, image: torch.Tensor) -> tuple[torch.Tensor]:
        return (nn.functional.avg_pool2d(image.mean(1, keepdim=True), 4).expand(-1, self.joints, -1, -1),)


@pytest.mark.parametrize("crop", ["box", "center"])
def test_a_bright_spot_is_found_where_it_is(estimator: Estimator, crop: str) -> None:
    bright = replace(estimator.model, network=Brightest(21))
    card = replace(estimator.card, crop=crop, input_size=(128, 96))
    image = np.zeros((300, 400, 3), np.uint8)
    image[138:143, 218:223] = 255  # continuous px 218..223, 138..143
    found = Estimator(bright, card, flip_test=False)(image, np.array([[180.0, 90.0, 60.0, 110.0]]))
    cell = 4 * 1.25 * 110 / 128
    assert np.abs(found.keypoints - [220.5, 140.5]).max() <= cell / 2
    assert found.keypoints.shape == (1, 21, 2)


def test_what_evaluation_finds_is_found(estimator: Estimator, tmp_path: Path) -> None:
    table = make_people(tmp_path, 6)
    images = ImageStore(tmp_path)
    settings = EvaluateSettings(batch_size=4)
    expected = Predictor(estimator.model, estimator.card, settings).predict(table, images, Skipped())
    pictures = [(images.read("real", table.file_name(row)), table.bbox_xywh[row : row + 1]) for row in range(6)]
    found = list(estimator.stream(pictures))
    assert np.abs(np.concatenate([f.keypoints for f in found]) - expected.keypoints).max() < 1e-3
    assert np.abs(np.concatenate([f.score for f in found]) - expected.score).max() < 1e-5


def test_pictures_come_back_in_order_with_as_many_people_as_boxes(estimator: Estimator) -> None:
    rng = np.random.default_rng(0)
    pictures = [
        (rng.integers(0, 255, (60, 50, 3)).astype(np.uint8), np.tile([5.0, 5, 40, 50], (n, 1))) for n in (0, 3, 1, 0, 5, 0)
    ]
    together = list(estimator.stream(pictures))
    assert [len(found.score) for found in together] == [0, 3, 1, 0, 5, 0]
    alone = estimator(*pictures[2])
    assert np.abs(alone.keypoints - together[2].keypoints).max() < 1e-3


def test_without_boxes_the_picture_is_the_person(estimator: Estimator) -> None:
    image = np.random.default_rng(1).integers(0, 255, (80, 60, 3)).astype(np.uint8)
    assert estimator(image).bbox_xywh.tolist() == [[0, 0, 60, 80]]


@pytest.mark.parametrize("box", [[0, 0, 0, 5], [0, 0, 5, -1], [np.nan, 0, 5, 5]])
def test_a_box_of_nothing_is_refused(estimator: Estimator, box: list[float]) -> None:
    with pytest.raises(InputError, match="width and height above zero"):
        estimator(np.zeros((9, 9, 3), np.uint8), np.array([box], np.float64))


def test_a_trained_network_is_opened_from_its_folder(tmp_path: Path) -> None:
    skeleton = SKELETONS["lsp14"]
    model = build_model("simple_tiny", skeleton, 3, Knobs())
    card = NetworkCard("simple_tiny", skeleton.name, skeleton.keypoints, (64, 64), "box", 1.25, "drp")
    save_network(tmp_path, model.network, card)
    opened = load(tmp_path)
    assert opened.skeleton == skeleton
    image = torch.randn(1, 3, 64, 64)
    with torch.inference_mode():
        assert torch.allclose(opened.model(image)[0], model.network.eval()(image)[0], atol=1e-6)


def test_keypoints_keep_the_order_they_were_trained_in() -> None:
    names = get_skeleton("lsp14").keypoints[::-1]
    found = skeleton_of(NetworkCard("simple_tiny", "mine", names, (64, 64), "box", 1.25, "drp"), Path("mine"))
    assert found.keypoints == names
    assert found.mirrors


@pytest.mark.parametrize("device", ["tpu", "cuda:99", "cuda:x"])
def test_a_device_that_is_not_there_is_refused(device: str) -> None:
    with pytest.raises(InputError, match=f"device '{device}'"):
        load("simple_tiny", device)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("none.safetensors", None, "no such file"),
        ("bad.safetensors", b"nothing", "not a trained pose network"),
        ("bad.onnx", b"nothing", "not an ONNX file that can be run"),
    ],
)
def test_what_is_no_network_is_refused_by_name(tmp_path: Path, name: str, content: bytes | None, said: str) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=said) as caught:
        load(tmp_path / name)
    assert name in str(caught.value)
    assert caught.value.next_step
