"""The stage `track_train`, its unit `tml`: the bottom-up network on pairs of frames."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence as Rows
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from smpl_assets.archive import write_json
from smpl_assets.work import Bench
from training.tracking.checkpoint import FILE, TrackerCard, save_tracker, start_from
from training.tracking.drawing import drawing_of
from training.tracking.film import Film, skeleton_of
from training.tracking.fit import fit_pairs
from training.tracking.network import TmlNetwork, build_network, reach_px
from training.tracking.network_settings import TRUNKS
from training.tracking.openpose import load_openpose
from training.tracking.pairs import same_rows
from training.tracking.settings import TrackSettings
from training.tracking.skeleton_limbs import Limbs, limbs_of
from training.tracking.start import start_file, weights_file
from training.tracking.train_settings import SHIPPED, TmlTrainSettings
from training.tracking.trunk import load_trunk

VERSION = 1


@dataclass(frozen=True)
class _Start:
    """What a network begins with. random: what of it is drawn all the same."""

    name: str
    random: tuple[str, ...] = ()


def train_tml(films: Rows[Film], settings: TrackSettings, bench: Bench) -> None:
    """Train the network and write network.safetensors, history.json and card.json.

    Args:
        films: the sequences to learn from.
        settings: the `track` section, of which `network` and `train` count.
        bench: its seed is that of weights, pairs and augmentation; with a scratch folder an interrupted training goes on.

    Raises:
        InputError: start weights that cannot be used.
        StageError: nothing to train on, or the loss became infinite.
    """
    skeleton = skeleton_of(films)
    limbs, options, train = limbs_of(skeleton), settings.network, settings.train
    network = build_network(limbs, options, bench.seed)
    start = _begin(network, limbs, settings)
    history, precision = fit_pairs(network, limbs, films, train, bench)
    card = TrackerCard(
        skeleton.name, skeleton.keypoints, limbs.names, options.model_dump(mode="json"), asdict(drawing_of(options, train)),
        train.input_size, train.strides, reach_px(options), precision, _kinds(films), start.name, start.random,
        0 if train.person_share else round(max(film.sequence.height for film in films) * train.scale[1]),
    )  # fmt: skip
    save_tracker(bench.out / FILE, network, card)
    write_json(bench.out / "history.json", history)
    ways = movements(films, train)
    write_json(bench.out / "card.json", asdict(card) | {
        "parameters": sum(p.numel() for p in network.parameters()), "sequences": len(films), "steps": train.steps,
        "movement_px": {"median": round(float(np.median(ways)), 2), "p90": round(float(np.quantile(ways, 0.9)), 2)},
        "beyond_reach": round(float((ways > card.reach_px).mean()), 4),
    })  # fmt: skip


def _kinds(films: Rows[Film]) -> str:
    """What the network learns from, in words."""
    own = sum(bool(film.sequence.facts.get("own")) for film in films)
    kinds = [(own, f"{own} own sequences"), (len(films) - own, "rendered sequences")]
    return " and ".join(words for count, words in kinds if count)


def movements(films: Rows[Film], train: TmlTrainSettings) -> np.ndarray:
    """How far joints go between the frames of the pairs that are trained on, px of the input, of pairs of the mean stride."""
    apart, zoom = round(sum(train.strides) / 2), sum(train.scale) / 2
    ways = [np.zeros(1)]
    for film in films:
        for places in film.sequence.pairs(apart):
            first, second = (film.sequence.frames[place].people for place in places)
            if first is not None and second is not None:
                keypoints = same_rows(first, second)
                way = np.linalg.norm(keypoints[1] - keypoints[0], axis=2)
                ways.append(way[np.isfinite(way)] * zoom)
    return np.concatenate(ways)


def _begin(network: TmlNetwork, limbs: Limbs, settings: TrackSettings) -> _Start:
    train = settings.train
    if (file := start_file(settings)) is not None:
        name = train.start if train.start == SHIPPED else _named(file)
        return _Start(name, start_from(network, limbs, file))
    if (file := weights_file(settings)) is None:
        return _Start(train.start)
    name = _named(file) if train.weights else f"shipped weights of {TRUNKS[settings.network.system]}"
    if settings.network.system in TRUNKS:
        load_trunk(network.backbone, settings.network.system, file)
        return _Start(name, ("spatial part", "temporal part"))
    return _Start(name, load_openpose(network, limbs, file).random)


def _named(file: Path) -> str:
    """A user's file by its content: where it lies is no part of a unit's key, so of none of its bytes."""
    return f"the file with sha256 {hashlib.sha256(file.read_bytes()).hexdigest()[:16]}"
