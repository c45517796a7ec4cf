"""A network that onnxruntime runs."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from smpl_assets.errors import InputError
from training.systems.checkpoint import NetworkCard

CARD, LAYOUT = "rarepose", "rarepose_layout"  # keys of the file's metadata
PLAIN, RTMLIB = LAYOUTS = "plain", "rtmlib"
_PROVIDERS = {"cuda": "CUDAExecutionProvider", "cpu": "CPUExecutionProvider"}


class OnnxNetwork(nn.Module):
    """An `.onnx` file of `rarepose export onnx` in the place of the network that it was made of.

    card: the file's. InputError where it is no ONNX file, none of RarePose's, or made for rtmlib, whose decoding is in it.
    """

    def __init__(self, path: Path, device: str = "cpu") -> None:
        super().__init__()
        try:
            import onnxruntime
        except ImportError as error:
            raise InputError(f"{path}: onnxruntime is not installed", "pip install 'rarepose[onnx]'") from error
        provider = _PROVIDERS[device.partition(":")[0]]
        if provider not in onnxruntime.get_available_providers():
            raise InputError(f"{path}: onnxruntime has no {provider} here", "pip install onnxruntime-gpu, or use --device cpu")
        try:
            self.session = onnxruntime.InferenceSession(str(path), providers=[provider])
            entries = self.session.get_modelmeta().custom_metadata_map
        except Exception as error:  # onnxruntime's own classes, one for each way a file can be wrong
            raise InputError(f"{path}: not an ONNX file that can be run ({error})", "rarepose export onnx writes one") from error
        if entries.get(LAYOUT) != PLAIN:
            made = f"made for {entries[LAYOUT]}" if LAYOUT in entries else "not one of `rarepose export onnx`: it has no card"
            raise InputError(f"{path}: {made}", "rarepose export onnx --network ... --format plain")
        self.card = card_from_json(entries[CARD])

    def forward(self, image: Float[Tensor, "batch 3 height width"]) -> tuple[Tensor]:
        """The maps of normalised RGB crops."""
        name = self.session.get_inputs()[0].name
        (maps,) = self.session.run(None, {name: np.ascontiguousarray(image.cpu().numpy(), np.float32)})
        return (torch.from_numpy(maps),)


def card_from_json(text: str) -> NetworkCard:
    """Inverse of writing a card's fields as JSON."""
    fields = json.loads(text)
    return NetworkCard(**fields | {"keypoints": tuple(fields["keypoints"]), "input_size": tuple(fields["input_size"])})
