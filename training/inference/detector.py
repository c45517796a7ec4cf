"""Person boxes from one of torchvision's detectors, with weights that the user has."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, UInt8
from safetensors.torch import load_file
from torch import Tensor, nn
from torchvision.models import detection, get_model, list_models

from smpl_assets.errors import InputError

PERSON = 1  # COCO's number, in torchvision's detectors too
_CLASSES = ("roi_heads.box_predictor.cls_score.weight", "head.classification_head.cls_logits.weight")


@dataclass(frozen=True)
class Detector:
    """A detector that knows COCO's categories. score: boxes below it are left out. most: boxes of one picture, the best first."""

    network: nn.Module
    device: str = "cpu"
    score: float = 0.5
    most: int = 100

    @torch.inference_mode()
    def __call__(
        self, image: UInt8[np.ndarray, "height width 3"]
    ) -> tuple[Float[np.ndarray, "people 4"], Float[np.ndarray, " people"]]:
        """Boxes (x, y, width, height, px) and scores of the people on an RGB picture."""
        picture = torch.from_numpy(np.ascontiguousarray(image)).permute(2, 0, 1).to(self.device).float() / 255
        (found,) = self.network([picture])
        return people_of(found, self.score, self.most)


def people_of(
    found: dict[str, Tensor], score: float, most: int
) -> tuple[Float[np.ndarray, "people 4"], Float[np.ndarray, " people"]]:
    """Boxes and scores of the people among what torchvision's detectors give: boxes (x1, y1, x2, y2), labels, scores."""
    corners, scores = found["boxes"].double().cpu().numpy(), found["scores"].double().cpu().numpy()
    kept = (found["labels"].cpu().numpy() == PERSON) & (scores >= score) & (corners[:, 2:] > corners[:, :2]).all(1)
    rows = np.flatnonzero(kept)[np.argsort(-scores[kept], kind="stable")][:most]
    return np.concatenate([corners[rows, :2], corners[rows, 2:] - corners[rows, :2]], axis=1), scores[rows]


def open_detector(weights: Path, name: str = "", device: str = "cpu", score: float = 0.5) -> Detector:
    """A detector with the weights of a file.

    Args:
        weights: a state dict, .pth or .safetensors.
        name: torchvision's of the network, such as `fasterrcnn_resnet50_fpn_v2`; empty = what the file's name begins with.
        device: `cpu`, `cuda` or `cuda:N`.
        score: boxes below it are left out.

    Raises:
        InputError: an unknown network, no such file, or the weights of another network.
    """
    known = sorted(list_models(module=detection), key=len, reverse=True)
    name = name or next((n for n in known if weights.name.startswith(n)), "")
    if name not in known:
        what = f"--detector-network {name}: not known" if name else f"{weights}: its name does not begin with a network's"
        raise InputError(what, f"--detector-network, one of {', '.join(sorted(known))}")
    state = _read(weights)
    classes = next((len(state[key]) for key in _CLASSES if key in state), 91)
    keyword = {} if classes == 91 or not name.startswith("fasterrcnn") else {"num_classes": classes}
    network = get_model(name, weights=None, weights_backbone=None, **keyword)
    try:
        network.load_state_dict(state)
    except RuntimeError as error:
        first = str(error).splitlines()[1].strip()[:120]
        raise InputError(
            f"--detector {weights}: not the weights of {name} ({first})", "name its network: --detector-network"
        ) from error
    return Detector(network.to(torch.device(device)).eval(), device, score)


def _read(weights: Path) -> dict[str, Tensor]:
    try:
        state = load_file(weights) if weights.suffix == ".safetensors" else torch.load(weights, "cpu", weights_only=True)
    except FileNotFoundError as error:
        raise InputError(f"--detector {weights}: no such file", "name the weights of a detector of torchvision") from error
    except Exception as error:  # torch's unpickler raises whatever it trips over
        raise InputError(
            f"--detector {weights}: not a file of plain tensors ({error})", "save the network's state_dict()"
        ) from error
    if not isinstance(state, dict) or not all(isinstance(value, Tensor) for value in state.values()):
        raise InputError(f"--detector {weights}: not a state dict", "save the network's state_dict()")
    return state
