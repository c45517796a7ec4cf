"""Trained networks on disk, and ImageNet backbones from the user's files."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from smpl_assets.errors import InputError, StageError
from training.networks.registry import build_network
from training.networks.simple_baseline import SimpleBaseline

FILE = "network.safetensors"
_FORMATS = "use torchvision's .pth or .safetensors"


@dataclass(frozen=True)
class NetworkCard:
    """What is needed to use a trained network: its name, skeleton, input (height, width) px, person crop and variant."""

    network: str
    skeleton: str
    keypoints: tuple[str, ...]
    input_size: tuple[int, int]
    crop: str
    padding: float
    variant: str


def save_network(folder: Path, network: nn.Module, card: NetworkCard) -> None:
    """Write network.safetensors; the card is one JSON string in its header (several entries would come out in any order)."""
    state = {name: value.detach().cpu().contiguous() for name, value in network.state_dict().items()}
    save_file(state, folder / FILE, metadata={"rarepose": json.dumps(asdict(card), sort_keys=True)})


def load_network(folder: Path, device: str = "cpu") -> tuple[SimpleBaseline, NetworkCard]:
    """Read what `save_network` wrote, ready for inference; StageError if the file is not such a file."""
    path = folder / FILE
    try:
        with safe_open(path, framework="pt") as file:
            fields = json.loads(file.metadata()["rarepose"])
        fields |= {"keypoints": tuple(fields["keypoints"]), "input_size": tuple(fields["input_size"])}
        card = NetworkCard(**fields)
        network = build_network(card.network, len(card.keypoints), seed=0)
        network.load_state_dict(load_file(path))
    except (OSError, SafetensorError, KeyError, TypeError, ValueError, RuntimeError) as error:
        raise StageError(f"{path}: not a trained pose network ({error})", "rarepose verify --deep, or train it again") from error
    return network.to(device).eval(), card


def load_backbone(network: SimpleBaseline, path: Path) -> int:
    """Load ImageNet weights into the backbone; returns how many tensors were taken.

    Accepts torchvision's `.pth` (tensors only, nothing in the file is run) and `.safetensors`; the classifier
    `fc.*` is left out, a leading `module.` or `backbone.` is dropped.

    Raises:
        InputError: no such file, another format, or weights of another network.
    """
    state = {_bare(name): value for name, value in _read_state(path).items()}
    state = {name: value for name, value in state.items() if not name.startswith("fc.")}
    expected = network.backbone.state_dict()
    missing = sorted(n for n in expected if n not in state and not n.endswith("num_batches_tracked"))
    wrong = sorted(n for n in state if n not in expected or expected[n].shape != state[n].shape)
    if missing or wrong:
        raise InputError(
            f"train.weights = {path}: not the weights of this backbone ({len(missing)} tensors missing, {len(wrong)} unknown or "
            f"of another shape, e.g. {', '.join((missing + wrong)[:3])})",
            "give the file of the ResNet that train.network names",
        )
    network.backbone.load_state_dict(state, strict=False)
    return len(state)


def _read_state(path: Path) -> dict[str, Tensor]:
    try:
        state = load_file(path) if path.suffix == ".safetensors" else torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError as error:
        raise InputError(
            f"train.weights = {path}: no such file", "correct the path, or leave it out to train from scratch"
        ) from error
    except Exception as error:
        raise InputError(f"train.weights = {path}: not a file of plain tensors ({error})", _FORMATS) from error
    if isinstance(state, dict) and isinstance(state.get("state_dict"), dict):
        state = state["state_dict"]
    if not isinstance(state, dict) or not all(isinstance(v, Tensor) for v in state.values()):
        raise InputError(f"train.weights = {path}: not a state dict", _FORMATS)
    return state


def _bare(name: str) -> str:
    for prefix in ("module.", "backbone."):
        name = name.removeprefix(prefix)
    return name
