"""Trained trackers on disk."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor

from smpl_assets.errors import InputError
from smpl_assets.skeletons import SKELETONS, Skeleton
from training.tracking.drawing import Drawing
from training.tracking.network import TmlNetwork, build_network
from training.tracking.network_settings import TmlOptions
from training.tracking.skeleton_limbs import Limbs, limbs_of

FILE = "network.safetensors"


@dataclass(frozen=True)
class TrackerCard:
    """What is needed to use a trained network, and what somebody should know of it.

    skeleton, keypoints, limbs: what it finds. options: of the network (`track.network`). drawing: sigma, width, still. strides:
    frames apart that it was trained on. reach_px: how far a movement may go that its temporal part can match by itself.
    seen: what it learnt from. start: what it began with, and of that file what stayed random. frame_height: px of the tallest
    frames that it learnt from, zoom included; 0 where people were brought to one size, or the file does not say.
    """

    skeleton: str
    keypoints: tuple[str, ...]
    limbs: tuple[str, ...]
    options: Mapping[str, Any]
    drawing: Mapping[str, float]
    input_size: tuple[int, int]
    strides: tuple[int, int]
    reach_px: int
    precision: str
    seen: str
    start: str = ""
    random: tuple[str, ...] = field(default=())
    frame_height: int = 0


@dataclass(frozen=True)
class TrainedTracker:
    """A network ready for use."""

    network: TmlNetwork
    limbs: Limbs
    card: TrackerCard

    @property
    def still(self) -> float:
        """Shortest way that has a direction, px of the network's input."""
        return Drawing(**self.card.drawing).still


def save_tracker(file: Path, network: TmlNetwork, card: TrackerCard, half: bool = False) -> None:
    """Write the weights, the card in the file's header. half: as float16."""
    kind = torch.float16 if half else torch.float32
    state = {name: value.detach().cpu().to(kind).contiguous() for name, value in network.state_dict().items()}
    save_file(state, file, metadata={"rarepose_tracker": json.dumps(asdict(card), sort_keys=True)})


def read_tracker_card(file: Path) -> TrackerCard:
    """The card in a file's header.

    Raises:
        InputError: no such file, a pickle, or not a tracker of RarePose.
    """
    try:
        with safe_open(file, framework="pt") as opened:
            fields = json.loads((opened.metadata() or {})["rarepose_tracker"])
        names = {name: tuple(fields[name]) for name in ("keypoints", "limbs", "input_size", "strides", "random")}
        return TrackerCard(**fields | names)
    except FileNotFoundError as error:
        raise InputError(f"{file}: no such file", "name the network.safetensors of a trained tracker") from error
    except (OSError, SafetensorError, KeyError, TypeError, ValueError) as error:
        what = f"{file}: not a trained tracker of RarePose ({str(error).splitlines()[0]})"
        raise InputError(what, "name the network.safetensors of a unit of track_train") from error


def load_tracker(file: Path, skeleton: Skeleton | None = None, device: str = "cpu") -> TrainedTracker:
    """Read what `save_tracker` wrote, ready for inference.

    Args:
        file: a `network.safetensors`.
        skeleton: of the people to be tracked, None = the card's own.
        device: `cpu`, `cuda` or `cuda:N`.

    Raises:
        InputError: not such a file, or a network of another skeleton.
    """
    card = read_tracker_card(file)
    if skeleton is not None and card.keypoints != skeleton.keypoints:
        raise InputError(
            f"{file}: finds the joints of {card.skeleton}, not of {skeleton.name}", f"track people of {card.skeleton}"
        )
    limbs = limbs_of(skeleton or SKELETONS[card.skeleton])
    network = build_network(limbs, TmlOptions.model_validate(dict(card.options)), 0)
    try:
        network.load_state_dict({name: value.float() for name, value in load_file(file).items()})
    except (RuntimeError, OSError, SafetensorError) as error:
        raise InputError(f"{file}: its weights do not fit its card ({str(error).splitlines()[0]})", "train it again") from error
    network.to(torch.device(device)).to(memory_format=torch.channels_last).eval()
    return TrainedTracker(network, limbs, card)


def start_from(network: TmlNetwork, limbs: Limbs, file: Path) -> tuple[str, ...]:
    """Begin with a trained tracker's weights; its heads are matched by name. What stayed random: heads and temporal stages
    that the file does not have.

    Raises:
        InputError: not a tracker, or one of another skeleton, system, kernel, or other widths.
    """
    trained = load_tracker(file, limbs.skeleton)
    own, given = network.state_dict(), trained.network.state_dict()
    columns = _columns(network, trained.network)
    taken: dict[str, Tensor] = {}
    for name, value in own.items():
        source = given.get(name)
        if source is not None:
            source = _heads(name, value, source, columns, sum(trained.network.flows.values()))
        if source is not None and source.shape == value.shape:
            taken[name] = source
    further = range(len(trained.network.temporal), len(network.temporal))
    behind = tuple(f"temporal.{n}." for n in further)
    if missing := sorted(name for name in own.keys() - taken.keys() if not name.startswith(behind)):
        raise InputError(
            f"{file}: {len(missing)} tensors do not fit this network, e.g. {', '.join(missing[:3])}",
            "track.network has to be as it was trained; heads may differ, and temporal stages be more",
        )
    network.load_state_dict(own | taken)
    heads = (f"flow of {head}" for head in network.flows if head not in trained.network.flows)
    return (*heads, *(f"temporal stage {n + 1}" for n in further))


def _columns(network: TmlNetwork, source: TmlNetwork) -> list[int]:
    """For each channel of flow of ours that of the source, -1 where it has none."""
    places: dict[str, list[int]] = {}
    first = 0
    for head, count in source.flows.items():
        places[head] = list(range(first, first + count))
        first += count
    return [n for head, count in network.flows.items() for n in places.get(head, [-1] * count)]


def _heads(name: str, own: Tensor, source: Tensor, columns: list[int], flows: int) -> Tensor:
    """A layer as the file has it; of the temporal part the rows that say flow, and the inputs that read it, by the heads.

    flows: channels of the file's flow. What does not fit comes back as it is in the file.
    """
    part, *place = name.split(".")
    known = [n for n, column in enumerate(columns) if column >= 0]
    taken = [columns[n] for n in known]
    found = own.clone()
    if part == "temporal" and place[1] == "8" and source.shape[1:] == own.shape[1:]:
        found[known] = source[taken]
        return found
    if part == "temporal" and place[0] != "0" and place[1:] == ["0", "weight"] and len(source) == len(own):
        before = own.shape[1] - len(columns)
        if source.shape[1] - flows == before:
            found[:, :before] = source[:, :before]
            found[:, [before + n for n in known]] = source[:, [before + n for n in taken]]
            return found
    return source
