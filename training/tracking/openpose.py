"""OpenPose's weights, or VGG-19's alone, from a user's file into the tracker's network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from smpl_assets.errors import InputError
from training.systems.pixels import DEVIATION, MEAN
from training.tracking.network import TmlNetwork
from training.tracking.skeleton_limbs import Limbs

JOINTS = (
    "nose", "neck", "right_shoulder", "right_elbow", "right_wrist", "left_shoulder", "left_elbow", "left_wrist", "right_hip",
    "right_knee", "right_ankle", "left_hip", "left_knee", "left_ankle", "right_eye", "left_eye", "right_ear", "left_ear",
)  # fmt: skip
# Limbs in the order of OpenPose's affinity channels (x, y each).
LIMBS = (
    ("neck", "right_hip"), ("right_hip", "right_knee"), ("right_knee", "right_ankle"), ("neck", "left_hip"),
    ("left_hip", "left_knee"), ("left_knee", "left_ankle"), ("neck", "right_shoulder"), ("right_shoulder", "right_elbow"),
    ("right_elbow", "right_wrist"), ("right_shoulder", "right_ear"), ("neck", "left_shoulder"), ("left_shoulder", "left_elbow"),
    ("left_elbow", "left_wrist"), ("left_shoulder", "left_ear"), ("neck", "nose"), ("nose", "right_eye"), ("nose", "left_eye"),
    ("right_eye", "right_ear"), ("left_eye", "left_ear"),
)  # fmt: skip
_NECK = {"head_bottom": "neck", "thorax": "neck", "upper_neck": "neck"}
_VGG19 = {  # torchvision's numbers
    "features.0": "conv1_1", "features.2": "conv1_2", "features.5": "conv2_1", "features.7": "conv2_2",
    "features.10": "conv3_1", "features.12": "conv3_2", "features.14": "conv3_3", "features.16": "conv3_4",
    "features.19": "conv4_1", "features.21": "conv4_2",
}  # fmt: skip

# For each channel of ours the file's channel and sign, None where the file has none.
Channels = list[tuple[int, float] | None]


@dataclass(frozen=True)
class Loaded:
    """What a file brought. layers: taken over. random: what stayed as it was drawn, in words."""

    layers: tuple[str, ...]
    random: tuple[str, ...]


def load_openpose(network: TmlNetwork, limbs: Limbs, path: Path) -> Loaded:
    """Take over the layers that a file has, outputs and their inputs matched by the names of joints.

    Args:
        network: a `tml_vgg19`; stages behind the first take OpenPose's with `kernel = "7x7"` only.
        limbs: the network's.
        path: a state dict, `.pth` or `.safetensors`: of OpenPose (`conv1_1` .. `conv4_4_CPM`, `Mconv1_stage2_L1` .., whatever
            stands before the last two parts of a name), whose input is BGR / 256 - .5, or of torchvision's VGG-19.

    Raises:
        InputError: no such file, not plain tensors, no layer of ours in it, a layer of another shape, or a network without VGG.
    """
    if network.options.system != "tml_vgg19":
        raise InputError(
            f"track.train.weights = {path}: {network.options.system} takes none", 'track.network.system = "tml_vgg19"'
        )
    file = _layers(path)
    imagenet = not any(name.endswith("_CPM") for name in file)
    taken: list[str] = []
    random: list[str] = []
    for name, layer in _convolutions(network):
        given = file.get(name)
        if given is None or (name[0] == "M" and given["weight"].shape[-1] != layer.kernel_size[0]):
            random.append(name)
            continue
        weight, bias = given["weight"].float(), given["bias"].float()
        if name == "conv1_1" and not imagenet:
            weight, bias = _on_normalised(weight, bias)
        lacking = _copy(name, layer, weight, bias, limbs, path)
        taken.append(name)
        random += [f"{name}: {what}" for what in lacking]
    if not taken:
        raise InputError(f"track.train.weights = {path}: no layer of OpenPose or VGG-19 in it", "give such a file")
    return Loaded(tuple(taken), (*random, "temporal part"))


def _convolutions(network: TmlNetwork) -> list[tuple[str, nn.Conv2d]]:
    """Backbone and spatial part, by OpenPose's names."""
    found = [(name, layer) for name, layer in network.backbone.named_children() if isinstance(layer, nn.Conv2d)]
    for stage, branches in enumerate(network.spatial):
        for branch, letter in (("affinity", "L1"), ("heat", "L2")):
            layers = [layer for layer in branches[branch] if isinstance(layer, nn.Conv2d)]  # type: ignore[index]
            pattern = f"Mconv{{}}_stage{stage + 1}_{letter}" if stage else f"conv5_{{}}_CPM_{letter}"
            found += [(pattern.format(n + 1), layer) for n, layer in enumerate(layers)]
    return found


def _copy(name: str, layer: nn.Conv2d, weight: Tensor, bias: Tensor, limbs: Limbs, path: Path) -> list[str]:
    """Fill a layer; what of it the file does not know."""
    heat, affinity = heat_channels(limbs), affinity_channels(limbs)
    outputs: Channels = [(n, 1.0) for n in range(len(layer.weight))]
    inputs: Channels = [(n, 1.0) for n in range(layer.in_channels)]
    lacking: list[str] = []
    if name.startswith(("conv5_5", "Mconv7")):
        outputs = affinity if name.endswith("L1") else heat
        lacking = _words(limbs, outputs)
    if name.startswith("Mconv1_"):
        features = layer.in_channels - len(heat) - len(affinity)
        first = 2 * len(LIMBS)
        inputs = [
            *((first + len(JOINTS) + 1 + n, 1.0) for n in range(features)), *_moved(heat, first), *_moved(affinity, 0),
        ]  # fmt: skip
    rows, columns = ([n for n, channel in enumerate(side) if channel] for side in (outputs, inputs))
    taken, signs = _picked(outputs)
    seen, input_signs = _picked(inputs)
    if max(taken) >= len(weight) or max(seen) >= weight.shape[1] or weight.shape[2:] != layer.weight.shape[2:]:
        raise InputError(
            f"track.train.weights = {path}: {name} is {tuple(weight.shape)}, which is not OpenPose's for 18 joints",
            "give the COCO model (19 heat maps, 38 affinity channels)",
        )
    with torch.no_grad():
        part = weight[taken][:, seen] * signs[:, None, None, None] * input_signs[:, None, None]
        layer.weight[torch.tensor(rows)[:, None], torch.tensor(columns)] = part
        layer.bias[rows] = bias[taken] * signs  # type: ignore[index]
    return lacking


def heat_channels(limbs: Limbs) -> Channels:
    """OpenPose's channel of each of our heatmaps, the background last."""
    names = [_NECK.get(name, name) if name not in JOINTS else name for name in limbs.skeleton.keypoints]
    return [*((JOINTS.index(name), 1.0) if name in JOINTS else None for name in names), (len(JOINTS), 1.0)]


def affinity_channels(limbs: Limbs) -> Channels:
    """OpenPose's channel of each of our affinity channels; a limb that runs the other way there changes its sign."""
    found: Channels = []
    joints = [_NECK.get(name, name) for name in limbs.skeleton.keypoints]
    for a, b in limbs.pairs:
        pair = (joints[a], joints[b])
        sign = 1.0 if pair in LIMBS else -1.0
        limb = pair if sign > 0 else pair[::-1]
        found += [(2 * LIMBS.index(limb) + n, sign) for n in (0, 1)] if limb in LIMBS else [None, None]
    return found


def _words(limbs: Limbs, channels: Channels) -> list[str]:
    joints = (*limbs.skeleton.keypoints, "background")
    names = joints if len(channels) == len(joints) else [limb for limb in limbs.names for _ in "xy"]
    return list(dict.fromkeys(name for name, channel in zip(names, channels, strict=True) if channel is None))


def _moved(channels: Channels, by: int) -> Channels:
    return [None if channel is None else (channel[0] + by, channel[1]) for channel in channels]


def _picked(channels: Sequence[tuple[int, float] | None]) -> tuple[list[int], Tensor]:
    known = [channel for channel in channels if channel]
    return [n for n, _ in known], torch.tensor([sign for _, sign in known])


def _on_normalised(weight: Tensor, bias: Tensor) -> tuple[Tensor, Tensor]:
    """A first layer for BGR / 256 - .5 turned into one for normalised RGB; the same but where zeros are padded."""
    weight = weight.flip(1)
    scale, offset = 255 / 256 * torch.tensor(DEVIATION), 255 / 256 * torch.tensor(MEAN) - 0.5
    return weight * scale[:, None, None], bias + (weight.sum((2, 3)) * offset).sum(1)


def _layers(path: Path) -> Mapping[str, dict[str, Tensor]]:
    """The file's layers by name: weight and bias."""
    try:
        state = load_file(path) if path.suffix == ".safetensors" else torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError as error:
        raise InputError(f"track.train.weights = {path}: no such file", "correct the path, or leave it out") from error
    except Exception as error:
        raise InputError(
            f"track.train.weights = {path}: not a file of plain tensors ({str(error).splitlines()[0]})", "save its state dict"
        ) from error
    state = state.get("state_dict", state) if isinstance(state, dict) else state
    if not isinstance(state, dict) or not all(isinstance(v, Tensor) for v in state.values()):
        raise InputError(f"track.train.weights = {path}: not a state dict", "save its state dict")
    found: dict[str, dict[str, Tensor]] = {}
    for key, value in state.items():
        layer, _, kind = key.rpartition(".")
        name = next((ours for theirs, ours in _VGG19.items() if layer.endswith(theirs)), layer.rpartition(".")[2])
        found.setdefault(name, {})[kind] = value
    return {name: parts for name, parts in found.items() if {"weight", "bias"} <= parts.keys()}
