"""Opening what was trained: a network of a run, one that is shipped, or an ONNX file made of one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file

from smpl_assets.errors import InputError
from smpl_assets.skeletons import SKELETONS, Skeleton
from training.codecs.codec import Decode, Knobs
from training.datasets.categories import skeleton_from_names
from training.inference.estimator import Estimator
from training.inference.onnx_network import OnnxNetwork
from training.start.shipped import WEIGHTS, shipped_networks
from training.systems.build import build_model
from training.systems.checkpoint import FILE, NetworkCard, read_card
from training.systems.system import PoseModel

_NEXT = "give the network.safetensors of a training (store/train/KEY), or what `rarepose export onnx` wrote"


def load(
    source: Path | str, device: str = "cpu", decode: Decode = "dark", flip_test: bool = True, batch_size: int = 32
) -> Estimator:
    """Open a trained network.

    Args:
        source: a `network.safetensors` or its folder, an `.onnx` of `rarepose export onnx`, or the name of one that is shipped.
        device: `cpu`, `cuda` or `cuda:N`; an ONNX file runs where onnxruntime has a provider for it.
        decode: how maps become points.
        flip_test: average with what the mirror image gives, where keypoints are left and right.
        batch_size: people at once.

    Raises:
        InputError: no such file, another kind of file, or no such device; it says what is expected.

    Examples:
        >>> estimator = load("simple_tiny")
        >>> estimator.skeleton.name, len(estimator.skeleton)
        ('body21', 21)
    """
    _check_device(device)
    path = Path(source).expanduser()
    if not path.exists() and str(source) in shipped_networks():
        path = WEIGHTS / f"{source}.safetensors"
    path = path / FILE if path.is_dir() else path
    if not path.exists():
        raise InputError(f"{path}: no such file", f"{_NEXT}, or one of {', '.join(shipped_networks())}")
    if path.suffix == ".onnx":
        network = OnnxNetwork(path, device)
        return Estimator(replace(_model(path, network.card, decode), network=network), network.card, "cpu", flip_test, batch_size)
    try:
        card = read_card(path)
        model = _model(path, card, decode)
        model.network.load_state_dict(load_file(path))
    except (OSError, SafetensorError, KeyError, TypeError, ValueError, RuntimeError) as error:
        raise InputError(f"{path}: not a trained pose network ({error})", _NEXT) from error
    model.network.to(torch.device(device)).to(memory_format=torch.channels_last).eval()
    return Estimator(model, card, device, flip_test, batch_size)


def _check_device(device: str) -> None:
    """InputError where there is no such device."""
    kind, _, number = device.partition(":")
    if kind not in ("cpu", "cuda") or (number and not number.isdecimal()):
        raise InputError(f"device '{device}': not known", "cpu, cuda or cuda:N")
    if kind == "cuda" and int(number or 0) >= torch.cuda.device_count():
        raise InputError(f"device '{device}': this machine has {torch.cuda.device_count()} GPUs", "--device cpu")


def _model(path: Path, card: NetworkCard, decode: Decode) -> PoseModel:
    return build_model(card.network, skeleton_of(card, path), 0, Knobs(card.sigma, decode), card.codec, card.options)


def skeleton_of(card: NetworkCard, path: Path) -> Skeleton:
    """The skeleton of a card: a known one, else one made of its keypoints' names."""
    known = SKELETONS.get(card.skeleton)
    if known is not None and known.keypoints == card.keypoints:
        return known
    found, order = skeleton_from_names(card.keypoints, [], card.skeleton, path)
    if order != tuple(range(len(order))):
        found = replace(found, name=card.skeleton, keypoints=card.keypoints)
    return found
