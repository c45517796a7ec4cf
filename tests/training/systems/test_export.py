"""Networks of every system as ONNX files."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import onnxruntime
import pytest
import torch

from smpl_assets.errors import InputError
from smpl_assets.skeletons import get_skeleton
from tests.training.systems.contract import OTHER
from training.codecs.codec import Knobs
from training.codecs.hardest import HardestHeatmap
from training.codecs.heatmap import Heatmap
from training.inference.estimator import Estimator
from training.inference.onnx_export import TOLERANCE, export_onnx
from training.inference.onnx_network import LAYOUTS, PLAIN, RTMLIB
from training.inference.simcc import SimCC
from training.systems.build import build_model
from training.systems.checkpoint import NetworkCard
from training.systems.pixels import DEVIATION, MEAN
from training.systems.table import SYSTEMS

LSP = get_skeleton("lsp14")
MEAN_OF, DEVIATION_OF = (torch.tensor(values).view(1, 3, 1, 1) for values in (MEAN, DEVIATION))
NAMES = [name for name in SYSTEMS.own if name.endswith("_tiny")]


@pytest.mark.parametrize("name", NAMES)
def test_network_and_decoding_have_a_graph_for_any_batch_with_other_options(name: str) -> None:
    """What an ONNX file is made of; a `len()` of a batch would fix it to the example's."""
    module = SimCC(build_model(name, LSP, 0, Knobs(), options=OTHER.get(name)), (64, 64)).eval()
    example, batch = torch.zeros(2, 3, 64, 64), torch.export.Dim("batch", min=1)
    exported = torch.export.export(module, (example,), dynamic_shapes=({0: batch},)).module()
    image = torch.rand(3, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        for one, other in zip(exported(image), module(image), strict=True):
            assert torch.allclose(one, other, atol=TOLERANCE)


def estimator(name: str) -> Estimator:
    model = build_model(name, LSP, 0, Knobs())
    model.network.eval()
    return Estimator(model, NetworkCard(name, LSP.name, LSP.keypoints, (64, 64), "box", 1.25, "drp"))


def ran(folder: Path, image: torch.Tensor) -> list[torch.Tensor]:
    """What onnxruntime gives for a batch."""
    session = onnxruntime.InferenceSession(str(folder / "network.onnx"), providers=["CPUExecutionProvider"])
    return [torch.from_numpy(output) for output in session.run(None, {"image": image.numpy()})]


def test_every_system_of_the_table_has_both_formats() -> None:
    """As docs/systems.md says."""
    assert {SYSTEMS.load(name).exports for name in SYSTEMS.own} == {LAYOUTS}


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_onnxruntime_finds_what_torch_finds(name: str, tmp_path: Path) -> None:
    """One picture, where the file was made with two: the output that is decoded, or where the joints are.

    Plain heatmaps are decoded as those of simple_tiny (tests/training/inference); what else is decoded runs with its network.
    """
    given, image = estimator(name), torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(5))
    with torch.inference_mode():
        expected = given.model(image)[-1]
        found = given.model.last.codec.decode(expected, given.model.last.frame((64, 64)))
    if type(given.model.last.codec) in (Heatmap, HardestHeatmap):
        assert export_onnx(given, PLAIN, tmp_path) <= TOLERANCE
        (output,) = ran(tmp_path, image)
        assert (output - expected).abs().max() < TOLERANCE * expected.abs().max()  # maps of chance are all small
        return
    assert export_onnx(given, RTMLIB, tmp_path) <= TOLERANCE
    bgr = (image * DEVIATION_OF + MEAN_OF).flip(1)
    rtmlib = ran(tmp_path, (bgr - MEAN_OF) / DEVIATION_OF)
    places, seen = torch.stack([axis.argmax(2) for axis in rtmlib], 2) / 2 + 0.5, found.score > 0
    assert seen.any()
    assert (places - found.points.clamp(0.5, 64))[seen].abs().max() < 0.26
    assert (rtmlib[0].amax(2) - found.score)[seen].abs().max() < TOLERANCE * found.score.max()


def test_coordinates_are_a_row_of_numbers(tmp_path: Path) -> None:
    assert export_onnx(estimator("regressor_tiny"), "plain", tmp_path) <= TOLERANCE
    assert json.loads((tmp_path / "card.json").read_text())["output_size"] is None
    assert "(batch, 42), read by PresentCoordinates" in (tmp_path / "README.md").read_text()


def test_a_format_that_a_system_lacks_is_refused(tmp_path: Path) -> None:
    given = estimator("regressor_tiny")
    plain_only = replace(given.model, system=replace(given.model.system, exports=("plain",)))
    with pytest.raises(InputError, match="regressor_tiny cannot be written as rtmlib"):
        export_onnx(replace(given, model=plain_only), "rtmlib", tmp_path)
