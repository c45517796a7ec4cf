"""ONNX files of a trained network: what the network gives, or decoded as rtmlib reads it; with a card and notes on decoding."""

from __future__ import annotations

import json
import logging
import warnings
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from smpl_assets.archive import write_json
from smpl_assets.errors import InputError, StageError
from training.inference.estimator import Estimator
from training.inference.onnx_network import CARD, LAYOUT, PLAIN, RTMLIB
from training.inference.onnx_notes import notes
from training.inference.simcc import SimCC
from training.systems.pixels import DEVIATION, MEAN
from training.systems.system import PoseModel

TOLERANCE = 1e-4
OPSET = 18
INPUT = "image"
OUTPUTS = {PLAIN: ("output",), RTMLIB: ("simcc_x", "simcc_y")}


class _Last(nn.Module):
    """The output that is decoded."""

    def __init__(self, model: PoseModel) -> None:
        super().__init__()
        self.network = model.network

    def forward(self, image: Tensor) -> Tensor:
        output: Tensor = self.network(image)[-1]
        return output


def export_onnx(estimator: Estimator, layout: str, out: Path) -> float:
    """Write `network.onnx` (the card in its metadata), `card.json` and `README.md`; the largest difference to torch.

    Args:
        estimator: a network of `training.inference.load`, on the CPU.
        layout: `plain`, the network's last output, or `rtmlib`, two outputs as RTMPose has them.
        out: an existing folder.

    Raises:
        InputError: `onnx` is not installed, the network is an ONNX file itself, or its system has no such format.
        StageError: onnxruntime's numbers differ from torch's by more than 1e-4.
    """
    try:
        import onnx
        import onnxruntime  # noqa: F401 (the check below runs it)
        import onnxscript  # noqa: F401 (torch's exporter imports it)
    except ImportError as error:
        raise InputError(f"export onnx: {error.name} is not installed", "pip install 'rarepose[onnx]'") from error
    if not any(True for _ in estimator.model.network.parameters()):
        raise InputError("export onnx: the network is an ONNX file already", "give a network.safetensors")
    if layout not in estimator.model.system.exports:
        has = " and ".join(estimator.model.system.exports) or "none"
        raise InputError(f"export onnx: {estimator.card.network} cannot be written as {layout}", f"formats that it has: {has}")
    module = (_Last(estimator.model) if layout == PLAIN else SimCC(estimator.model, estimator.card.input_size)).eval()
    path, example = out / "network.onnx", _example(estimator, 2)
    _write(module, example, OUTPUTS[layout], path)
    file = onnx.load(path)
    card = json.dumps(asdict(estimator.card), sort_keys=True)
    for key, value in ((CARD, card), (LAYOUT, layout)):
        file.metadata_props.add(key=key, value=value)
    onnx.checker.check_model(file, full_check=True)
    onnx.save(file, path)
    write_json(out / "card.json", _card(estimator, layout))
    (out / "README.md").write_text(notes(estimator, layout), encoding="utf-8")
    return _checked(module, path, _example(estimator, 3), layout)


def _example(estimator: Estimator, batch: int) -> Tensor:
    """Seeded noise in the range of normalised pixels."""
    return torch.randn((batch, 3, *estimator.card.input_size), generator=torch.Generator().manual_seed(batch))


def _write(module: nn.Module, example: Tensor, outputs: Sequence[str], path: Path) -> None:
    logging.getLogger("onnxscript").setLevel(logging.WARNING)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            module, (example,), path, dynamo=True, external_data=False, verbose=False, opset_version=OPSET, input_names=[INPUT],
            output_names=list(outputs), dynamic_shapes=({0: torch.export.Dim("batch", min=1)},),
        )  # fmt: skip


def _checked(module: nn.Module, path: Path, example: Tensor, layout: str) -> float:
    """The largest difference between onnxruntime and torch on another batch size; StageError above the tolerance."""
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    given = session.run(None, {INPUT: example.numpy()})
    with torch.inference_mode():
        expected = module(example)
    pairs = zip(given, (expected,) if layout == PLAIN else expected, strict=True)
    difference = max(float(np.abs(one - other.numpy()).max()) for one, other in pairs)
    if not difference <= TOLERANCE:
        raise StageError(
            f"{path}: differs from torch by {difference:.2e}, {TOLERANCE:g} is allowed",
            "export with other versions of torch and onnx",
        )
    return difference


def _card(estimator: Estimator, layout: str) -> dict[str, object]:
    """What somebody who runs the file has to know, as plain values."""
    skeleton, stage = estimator.skeleton, estimator.model.last
    cells = stage.frame(estimator.card.input_size).cells_hw if stage.stride else None
    return asdict(estimator.card) | {
        "layout": layout, "input": INPUT, "outputs": OUTPUTS[layout], "stride": stage.stride, "output_size": cells,
        "mean": MEAN, "std": DEVIATION, "colour": "RGB" if layout == PLAIN else "BGR", "flip_idx": skeleton.flip,
        "limbs": skeleton.limb_indices, "sigmas": skeleton.sigmas,
    }  # fmt: skip
