import math

import pytest
import torch

from smpl_assets.errors import InputError
from smpl_assets.skeletons import get_skeleton
from training.codecs.codec import Frame, People
from training.codecs.hardest import HardestHeatmap
from training.codecs.heatmap import HeatmapTargets
from training.codecs.seen import SeenHeatmap


def test_the_worst_supervised_joints_count():
    """Three joints whose maps are off by 1, 2 and 3 everywhere: errors 1, 4, 9; two are mined."""
    output = torch.tensor([1.0, 2.0, 3.0])[None, :, None, None].expand(2, 3, 4, 4)
    supervised = torch.tensor([[True, True, True], [True, True, False]])
    loss = HardestHeatmap(hardest=2).loss(output, HeatmapTargets(torch.zeros(2, 3, 4, 4), supervised))
    assert loss.sum.tolist() == [4 + 9, 1 + 4]  # the second person's worst joint is not supervised
    assert loss.count.tolist() == [2, 2]
    one = torch.tensor([[False, True, False]])
    alone = HardestHeatmap(hardest=2).loss(output[:1], HeatmapTargets(torch.zeros(1, 3, 4, 4), one))
    assert (alone.sum.item(), alone.count.item()) == (4, 1)  # the authors' code would divide by 2


@pytest.mark.parametrize(("joints", "mined"), [(17, 8), (16, 8), (14, 7), (1, 1)])
def test_as_large_a_share_of_other_skeletons(joints, mined):
    output = torch.ones(1, joints, 2, 2)
    loss = HardestHeatmap().loss(output, HeatmapTargets(torch.zeros_like(output), torch.ones(1, joints, dtype=torch.bool)))
    assert loss.count.item() == loss.sum.item() == mined


def test_more_joints_than_the_skeleton_has_are_refused():
    assert HardestHeatmap(hardest=14).channels(get_skeleton("lsp14")) == 14
    with pytest.raises(InputError, match="hardest = 15: lsp14 has 14 keypoints"):
        HardestHeatmap(hardest=15).channels(get_skeleton("lsp14"))


def test_hidden_joints_have_an_empty_map_and_unannotated_ones_none():
    points, flags = torch.full((1, 1, 3, 2), 10.0), torch.tensor([[[True, True, False]]])
    people = People(points, flags, visible=torch.tensor([[[True, False, False]]]))
    targets = SeenHeatmap(sigma=1.0).targets(people, Frame((32, 32), 4))
    assert targets.supervised.tolist() == [[True, True, False]]
    assert targets.heatmaps[0, 0].max() == pytest.approx(math.exp(0.0))
    assert not targets.heatmaps[0, 1:].any()
    assert SeenHeatmap(sigma=1.0).targets(People(points, flags), Frame((32, 32), 4)).heatmaps[0, 1].any()
