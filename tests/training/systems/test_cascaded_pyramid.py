import pytest
import torch

from smpl_assets.errors import InputError
from smpl_assets.skeletons import get_skeleton
from training.codecs.codec import Knobs
from training.codecs.hardest import HardestHeatmap
from training.codecs.heatmap import Heatmap
from training.codecs.seen import SeenHeatmap
from training.systems.build import build_model

LSP = get_skeleton("lsp14")


def test_stages_go_from_wide_gaussians_to_narrow_ones():
    """OpenCV's sigma of kernels of 15, 11, 9, 7 px; the four global maps weigh half of the refined one."""
    model = build_model("cpn_tiny", LSP, 0, Knobs(sigma=1.4))
    sigmas = [0.3 * ((k - 1) / 2 - 1) + 0.8 for k in (15, 11, 9, 7, 7)]
    assert sigmas == pytest.approx([2.6, 2.0, 1.7, 1.4, 1.4])
    assert [stage.codec.sigma for stage in model.stages] == pytest.approx(sigmas)
    assert [stage.weight for stage in model.stages] == [0.125] * 4 + [1.0]
    assert all(type(stage.codec) is SeenHeatmap for stage in model.stages[:4])
    assert model.last.codec == HardestHeatmap(1.4)


def test_options_and_other_codecs():
    few = build_model("cpn_tiny", LSP, 0, Knobs(), options={"hardest": 3, "hidden_empty": False})
    assert few.last.codec.hardest == 3
    assert {type(stage.codec) for stage in few.stages[:4]} == {Heatmap}
    assert type(build_model("cpn_tiny", LSP, 0, Knobs(), "heatmap").last.codec) is Heatmap
    with pytest.raises(InputError, match="hardest = 15: lsp14 has 14"):
        build_model("cpn_tiny", LSP, 0, Knobs(), options={"hardest": 15})


def test_the_coarsest_level_reaches_all_maps_and_the_finest_only_its_own():
    network = build_model("cpn_tiny", LSP, 0, Knobs()).network.eval()
    for head in (*network.global_net.heads, network.refine_net.head):
        torch.nn.init.normal_(head.weight)
    levels = [torch.rand(1, c, 32 // 2**i, 32 // 2**i) for i, c in enumerate(network.backbone.level_channels)]

    def changed(level: int) -> list[bool]:
        other = [value + 1 if i == level else value for i, value in enumerate(levels)]
        pairs = zip(network.global_net(levels)[1], network.global_net(other)[1], strict=True)
        return [not torch.allclose(a, b) for a, b in pairs]

    assert changed(3) == [True] * 4
    assert changed(0) == [False] * 3 + [True]
