import numpy as np
import pytest
import torch
from jaxtyping import TypeCheckError

from training.codecs.heatmap import Heatmap, HeatmapTargets, gaussian_targets


def one(x: float, y: float, supervised: bool = True, sigma: float = 2.0):
    maps, flags = gaussian_targets(torch.tensor([[[float(x), float(y)]]]), torch.tensor([[supervised]]), (64, 48), 4, sigma)
    return maps[0, 0].numpy(), bool(flags[0, 0])


def test_the_peak_is_at_the_heatmap_pixel_that_holds_the_keypoint():
    heatmap, flag = one(4 * 10 + 2, 4 * 20 + 2)  # the centre of cell (10, 20)
    assert flag
    assert heatmap.shape == (64, 48)
    assert heatmap[20, 10] == 1.0
    assert heatmap[20, 12] == pytest.approx(np.exp(-4 / 8))
    assert heatmap[23, 10] == pytest.approx(np.exp(-9 / 8))


def test_centres_are_sub_pixel():
    heatmap, _ = one(40.0, 82.0)  # between cells 9 and 10
    assert heatmap[20, 9] == pytest.approx(heatmap[20, 10]) == pytest.approx(np.exp(-0.25 / 8))
    rows, columns = np.mgrid[:64, :48]
    for x, y in ((91.3, 120.9), (60.7, 100.1)):
        heatmap, _ = one(x, y)
        middle = np.array([(heatmap * (columns + 0.5)).sum(), (heatmap * (rows + 0.5)).sum()]) / heatmap.sum() * 4
        assert np.allclose(middle, [x, y], atol=0.1)


def test_the_gaussian_is_cut_at_three_sigma_and_a_half():
    heatmap, _ = one(4 * 24 + 2, 4 * 32 + 2)
    assert heatmap[32, 24 + 6] > 0
    assert heatmap[32, 24 + 7] == 0


def test_joints_without_a_place_have_no_target():
    heatmap, flag = one(40, 82, supervised=False)
    assert not flag
    assert not heatmap.any()
    heatmap, flag = one(-30, 82)
    assert not flag
    assert not heatmap.any()
    heatmap, flag = one(-10, 82)  # outside the crop, but its Gaussian reaches in
    assert flag
    assert heatmap.any()


def test_a_wrong_shape_is_refused():
    with pytest.raises(TypeCheckError):
        gaussian_targets(torch.zeros(1, 17, 3), torch.ones(1, 17, dtype=torch.bool), (64, 48), 4, 2.0)


def heatmap_loss(predicted, target, supervised, weight):
    """As the training adds a codec's loss up (eq 4.3)."""
    part = Heatmap().loss(predicted, HeatmapTargets(target, supervised))
    return (weight * part.sum).sum() / part.count.sum().clamp(min=1)


def test_loss_by_hand():
    predicted, target = torch.zeros(2, 2, 2, 2), torch.zeros(2, 2, 2, 2)
    predicted[0, 0] = 1.0  # MSE 1
    predicted[1, 1, 0, 0] = 2.0  # MSE 1
    predicted[1, 0] = 100.0  # not supervised
    supervised = torch.tensor([[True, True], [False, True]])
    assert heatmap_loss(predicted, target, supervised, torch.ones(2)).item() == pytest.approx(2 / 3)


def test_the_weight_multiplies_the_loss_and_is_not_squared():
    generator = torch.Generator().manual_seed(0)
    predicted, target = torch.rand(1, 3, 4, 4, generator=generator), torch.rand(1, 3, 4, 4, generator=generator)
    supervised = torch.ones(1, 3, dtype=torch.bool)
    plain, heavy = (heatmap_loss(predicted, target, supervised, torch.tensor([w])).item() for w in (1.0, 1.5))
    assert heavy == pytest.approx(1.5 * plain)
    assert heatmap_loss(predicted, target, supervised, torch.tensor([0.0])).item() == 0


def test_weights_of_others_do_not_change_a_samples_share():
    """A weight of zero keeps the sample in the count: w is not normalised away."""
    predicted, target, supervised = torch.ones(2, 1, 2, 2), torch.zeros(2, 1, 2, 2), torch.ones(2, 1, dtype=torch.bool)
    assert heatmap_loss(predicted, target, supervised, torch.tensor([1.0, 0.0])).item() == pytest.approx(0.5)


def test_nothing_supervised_is_a_loss_of_zero_with_a_gradient():
    predicted = torch.ones(2, 1, 2, 2, requires_grad=True)
    loss = heatmap_loss(predicted, torch.zeros(2, 1, 2, 2), torch.zeros(2, 1, dtype=torch.bool), torch.ones(2))
    loss.backward()
    assert loss.item() == 0
    assert predicted.grad is not None
    assert not predicted.grad.any()
