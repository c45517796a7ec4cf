from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torchvision.models import get_model

from smpl_assets.errors import InputError
from training.inference.detector import open_detector, people_of


def test_people_are_the_first_category_the_best_first() -> None:
    corners = torch.tensor([[0.0, 0, 10, 20], [5, 5, 9, 9], [1, 1, 3, 4], [2, 2, 2, 8], [0, 0, 4, 4]])
    found = {"boxes": corners, "labels": torch.tensor([1, 1, 18, 1, 1]), "scores": torch.tensor([0.6, 0.9, 0.99, 0.8, 0.1])}
    boxes, scores = people_of(found, 0.5, 10)
    assert boxes.tolist() == [[5, 5, 4, 4], [0, 0, 10, 20]]
    assert np.allclose(scores, [0.9, 0.6])
    assert len(people_of(found, 0.5, 1)[0]) == 1


def test_files_that_are_no_detector_are_refused(tmp_path: Path) -> None:
    weights = tmp_path / "ssdlite320_mobilenet_v3_large_coco.pth"
    with pytest.raises(InputError, match="no such file"):
        open_detector(weights)
    torch.save({"weight": torch.zeros(1)}, weights)
    with pytest.raises(InputError, match="not the weights of ssdlite320_mobilenet_v3_large"):
        open_detector(weights)
    weights.write_bytes(b"nothing")
    with pytest.raises(InputError, match="not a file of plain tensors"):
        open_detector(weights)
    with pytest.raises(InputError, match="--detector-network, one of fasterrcnn"):
        open_detector(tmp_path / "mine.pth")
    with pytest.raises(InputError, match="--detector-network yolo: not known"):
        open_detector(weights, "yolo")


def test_a_network_of_torchvision_runs_with_weights_from_a_file(tmp_path: Path) -> None:
    weights = tmp_path / "mine.pth"
    torch.save(get_model("ssdlite320_mobilenet_v3_large", weights=None, weights_backbone=None).state_dict(), weights)
    detector = open_detector(weights, "ssdlite320_mobilenet_v3_large", score=0.0)
    boxes, scores = detector(np.random.default_rng(0).integers(0, 255, (60, 90, 3)).astype(np.uint8))
    assert len(boxes) == len(scores)
    assert (boxes[:, 2:] > 0).all()
    assert (boxes[:, :2] + boxes[:, 2:] <= [90, 60]).all()
