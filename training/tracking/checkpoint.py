"""Trained trackers on disk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from smpl_assets.errors import InputError
from smpl_assets.skeletons import SKELETONS, Skeleton
from training.tracking.drawing import Drawing
from training.tracking.network import TmlNetwork, build_network
from training.tracking.network_file import FILE, TRACKER, load_weights, read_card, write_network
from training.tracking.network_settings import TRUNKS, TmlOptions
from training.tracking.skeleton_limbs import Limbs, limbs_of
from training.tracking.train_settings import SCRATCH, SHIPPED

__all__ = ["FILE", "TrackerCard", "TrainedTracker", "load_tracker", "read_tracker_card", "save_tracker", "start_from"]


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

    @property
    def words(self) -> str:
        """System, temporal stages, what it learnt from and what it began with, for people."""
        options = TmlOptions.model_validate(dict(self.options))
        stages = f"{options.flow_stages} temporal stage{'s' if options.flow_stages > 1 else ''}"
        weights = f"weights of {TRUNKS.get(options.system, 'OpenPose or VGG-19')}"
        told = {
            "": "what, its card does not say",
            SCRATCH: "nothing (scratch)",
            SHIPPED: "the tracker that ships",
            "weights": weights,
        }
        random = f" (random: {', '.join(self.random)})" if self.random else ""
        return f"{options.system}, {stages}, learnt from {self.seen}, started from {told.get(self.start, self.start)}{random}"


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
    state = {name: value.detach().cpu().to(kind) for name, value in network.state_dict().items()}
    write_network(file, state, TRACKER, asdict(card))


def read_tracker_card(file: Path) -> TrackerCard:
    """The card in a file's header.

    Raises:
        InputError: no such file, a pickle, not a tracker of RarePose, or one of another version.
    """
    fields = read_card(file, TRACKER)
    try:
        names = {name: tuple(fields[name]) for name in ("keypoints", "limbs", "input_size", "strides", "random")}
        card = TrackerCard(**fields | names)
        Drawing(**card.drawing), TmlOptions.model_validate(dict(card.options))
    except (KeyError, TypeError, ValueError) as error:
        what = f"{file}: a tracker whose card is not understood ({type(error).__name__}: {' '.join(str(error).splitlines()[:3])})"
        raise InputError(what, "it comes from another version of RarePose: train it again with this one") from error
    return card


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
    own = skeleton or SKELETONS.get(card.skeleton)
    if own is None or card.keypoints != own.keypoints:
        wanted = f"not of {own.name}" if own else "a skeleton that is not known here"
        raise InputError(f"{file}: finds the joints of {card.skeleton}, {wanted}", f"track people of {card.skeleton}")
    limbs = limbs_of(own)
    network = build_network(limbs, TmlOptions.model_validate(dict(card.options)), 0)
    load_weights(network, file)
    network.to(torch.device(device)).to(memory_format=torch.channels_last).eval()
    return TrainedTracker(network, limbs, card)


def start_from(network: TmlNetwork, limbs: Limbs, file: Path) -> tuple[str, ...]:
    """Begin with a trained tracker's weights; its heads are matched by name. What stayed random: heads and temporal stages
    that the file does not have.

    Raises:
        InputError: not a tracker, or one of another skeleton, system, kernel, or other widths.
    """
    trained = load_tracker(file, limbs.skeleton)
    systems = [f"{n.options.system} at stride {n.options.stride}" for n in (trained.network, network)]
    if systems[0] != systems[1]:
        what = f"{file}: weights of {systems[0]}, the network is {systems[1]}"
        raise InputError(what, "correct track.network.system or track.train.start")
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
