"""Networks of every system as ONNX files."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from smpl_assets.errors import InputError
from smpl_assets.skeletons import get_skeleton
from training.codecs.codec import Knobs
from training.inference.estimator import Estimator
from training.inference.onnx_export import TOLERANCE, export_onnx
from training.inference.simcc import SimCC
from training.systems.build import build_model
from training.systems.checkpoint import NetworkCard
from training.systems.table import SYSTEMS

LSP = get_skeleton("lsp14")


@pytest.mark.parametrize("name", [name for name in SYSTEMS.own if name.endswith("_tiny")])
def test_network_and_decoding_have_a_graph_for_any_batch(name: str) -> None:
    """What an ONNX file is made of; a `len()` of a batch would fix it to the example's."""
    module = SimCC(build_model(name, LSP, 0, Knobs()), (64, 64)).eval()
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


def test_coordinates_are_a_row_of_numbers(tmp_path: Path) -> None:
    assert export_onnx(estimator("regressor_tiny"), "plain", tmp_path) <= TOLERANCE
    assert json.loads((tmp_path / "card.json").read_text())["output_size"] is None
    assert "(batch, 42), read by PresentCoordinates" in (tmp_path / "README.md").read_text()


def test_a_format_that_a_system_lacks_is_refused(tmp_path: Path) -> None:
    given = estimator("regressor_tiny")
    plain_only = replace(given.model, system=replace(given.model.system, exports=("plain",)))
    with pytest.raises(InputError, match="regressor_tiny cannot be written as rtmlib"):
        export_onnx(replace(given, model=plain_only), "rtmlib", tmp_path)
