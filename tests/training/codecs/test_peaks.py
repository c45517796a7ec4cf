import numpy as np
import pytest
import torch

from training.codecs.heatmap import gaussian_targets
from training.codecs.peaks import decode_heatmaps


def heatmaps(points: torch.Tensor, size=(64, 48), sigma: float = 2.0) -> torch.Tensor:
    return gaussian_targets(points, torch.ones(points.shape[:2], dtype=torch.bool), size, 4, sigma)[0]


@pytest.mark.parametrize(("how", "worst", "mean"), [("argmax", 2.01, 1.1), ("quarter", 1.01, 0.6), ("dark", 0.25, 0.1)])
def test_decoding_finds_the_keypoint_again(how, worst, mean):
    points = torch.from_numpy(np.random.default_rng(0).uniform(30, 150, (20, 17, 2))).float()
    found, score = decode_heatmaps(heatmaps(points), 4, how)
    error = (found - points).abs()
    assert error.max() < worst
    assert error.mean() < mean
    assert (score > 0.9).all()


def test_decoding_has_no_bias():
    points = torch.from_numpy(np.random.default_rng(1).uniform(30, 150, (200, 17, 2))).float()
    for how in ("argmax", "quarter", "dark"):
        found, _ = decode_heatmaps(heatmaps(points), 4, how)
        assert (found - points).mean((0, 1)).abs().max() < 0.05


def test_mirrored_heatmaps_decode_to_mirrored_points():
    points = torch.from_numpy(np.random.default_rng(2).uniform(30, 150, (5, 3, 2))).float()
    maps = heatmaps(points)
    for how in ("quarter", "dark"):
        plain, mirrored = (decode_heatmaps(m, 4, how)[0] for m in (maps, maps.flip(3)))
        assert torch.allclose(192 - mirrored[..., 0], plain[..., 0], atol=1e-3)


def test_a_peak_on_the_border_stays_inside():
    points = torch.tensor([[[0.0, 0.0], [191.0, 255.0], [-6.0, 100.0]]])
    for how in ("argmax", "quarter", "dark"):
        found, _ = decode_heatmaps(heatmaps(points), 4, how)
        assert ((found >= 0) & (found <= torch.tensor([192.0, 256.0]))).all()


def test_an_empty_map_is_finite():
    for how in ("quarter", "dark"):
        found, score = decode_heatmaps(torch.zeros(1, 2, 64, 48), 4, how)
        assert torch.isfinite(found).all()
        assert (score == 0).all()
