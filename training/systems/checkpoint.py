"""Trained models on disk, and ImageNet backbones from the user's files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
from pydantic import TypeAdapter
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from smpl_assets.errors import InputError, StageError
from smpl_assets.skeletons import Skeleton
from training.codecs.codec import Decode, Knobs
from training.systems.build import build_model
from training.systems.system import PoseModel

FILE = "network.safetensors"
_FORMATS = "use torchvision's .pth or .safetensors"
_CLASSIFIERS = ("fc.", "classifier.")


@dataclass(frozen=True)
class NetworkCard:
    """What is needed to use a trained model: its system and options, skeleton, input (height, width) px, person crop, row.

    variant: the name of the row that it was trained for. codec, options, sigma, precision: as they were trained; files of older
    versions lack them (heatmaps, no options, a sigma that decoding does not ask for, an unknown precision).
    """

    network: str
    skeleton: str
    keypoints: tuple[str, ...]
    input_size: tuple[int, int]
    crop: str
    padding: float
    variant: str
    codec: str = ""
    sigma: float = 2.0
    options: Mapping[str, Any] = field(default_factory=dict)
    precision: str = ""


_CARD = TypeAdapter(NetworkCard)


def save_network(folder: Path, network: nn.Module, card: NetworkCard) -> None:
    """Write network.safetensors; the card is one JSON string in its header (several entries would come out in any order)."""
    state = {name: value.detach().cpu().contiguous() for name, value in network.state_dict().items()}
    save_file(state, folder / FILE, metadata={"rarepose": json.dumps(asdict(card), sort_keys=True)})


def read_card(path: Path) -> NetworkCard:
    """The card in a file's header; FileNotFoundError, OSError, SafetensorError, KeyError, TypeError or ValueError without one."""
    with safe_open(path, framework="pt") as file:
        fields = json.loads((file.metadata() or {})["rarepose"])
    return _CARD.validate_python(fields)


def load_model(
    folder: Path, skeleton: Skeleton, device: str = "cpu", decode: Decode = "quarter"
) -> tuple[PoseModel, NetworkCard]:
    """Read what `save_network` wrote, ready for inference.

    Args:
        folder: that holds network.safetensors.
        skeleton: of the people to be found; the card's keypoints have to be its.
        device: `cpu`, `cuda` or `cuda:N`.
        decode: how maps become points.

    Raises:
        StageError: not such a file, or a model of another skeleton.
    """
    path = folder / FILE
    try:
        card = read_card(path)
    except (OSError, SafetensorError, KeyError, TypeError, ValueError) as error:
        raise _broken(path, error) from error
    if card.keypoints != skeleton.keypoints:
        raise StageError(
            f"evaluate: the network of '{card.variant}' knows {card.skeleton}, the people have {skeleton.name}",
            "train and validate on one skeleton",
        )
    try:
        model = build_model(card.network, skeleton, 0, Knobs(card.sigma, decode), card.codec, card.options)
        model.network.load_state_dict(load_file(path))
    except (InputError, RuntimeError, OSError, SafetensorError) as error:
        raise _broken(path, error) from error
    model.network.to(torch.device(device)).to(memory_format=torch.channels_last).eval()
    return model, card


def load_backbone(model: PoseModel, path: Path) -> int:
    """Load ImageNet weights into the network's `backbone`; returns how many tensors were taken.

    Raises:
        InputError: see `backbone_weights`.
    """
    state = backbone_weights(model, path)
    model.network.backbone.load_state_dict(state, strict=False)  # type: ignore[union-attr]
    return len(state)


def backbone_weights(model: PoseModel, path: Path) -> dict[str, Tensor]:
    """What of the user's file goes into the network's `backbone`; the model itself may be without memory (`meta`).

    Accepts torchvision's `.pth` (tensors only, nothing in the file is run) and `.safetensors`; classifiers (`fc.*`,
    `classifier.*`, and what a backbone names as `left_out`) are left out, a leading `module.` or `backbone.` is dropped.

    Raises:
        InputError: no such file, another format, weights of another network, or a network without a backbone to fill.
    """
    backbone = getattr(model.network, "backbone", None)
    if backbone is None:
        raise InputError(f"train.weights = {path}: this network has no backbone that ImageNet weights fit", "leave it out")
    state = {_bare(name): value for name, value in _read_state(path.expanduser()).items()}
    left_out = (*_CLASSIFIERS, *getattr(backbone, "left_out", ()))
    state = {name: value for name, value in state.items() if not name.startswith(left_out)}
    expected = backbone.state_dict()
    missing = sorted(n for n in expected if n not in state and not n.endswith("num_batches_tracked"))
    wrong = sorted(n for n in state if n not in expected or expected[n].shape != state[n].shape)
    if missing or wrong:
        raise InputError(
            f"train.weights = {path}: not the weights of this backbone ({len(missing)} tensors missing, {len(wrong)} unknown or "
            f"of another shape, e.g. {', '.join((missing + wrong)[:3])})",
            "give the file of the backbone that train.network names",
        )
    return state


def _broken(path: Path, error: Exception) -> StageError:
    return StageError(f"{path}: not a trained pose network ({error})", "rarepose verify --deep, or train it again")


def _read_state(path: Path) -> dict[str, Tensor]:
    try:
        state = load_file(path) if path.suffix == ".safetensors" else torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError as error:
        raise InputError(
            f"train.weights = {path}: no such file", "correct the path, or leave it out to train from scratch"
        ) from error
    except UnpicklingError as error:  # torch advises to load such a file all the same
        why = "it asks for Python objects, and what makes them is not run, or it is damaged"
        raise InputError(f"train.weights = {path}: not a file of plain tensors ({why})", _FORMATS) from error
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
