"""Weights that a network starts from: those of another trained network of the same system."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from smpl_assets.errors import InputError
from training.systems.checkpoint import NetworkCard, read_card
from training.systems.system import PoseModel
from training.train_settings import WORDS

# Names of one and the same place in different data sets.
_ALIKE = ({"neck", "head_bottom", "upper_neck"}, {"pelvis", "mid_hip", "root"}, {"head_top", "crown"}, {"nose", "head"})


@dataclass(frozen=True)
class Started:
    """What was taken over. joints: keypoints whose output the file knows; drawn: those whose output starts from chance."""

    joints: tuple[str, ...]
    drawn: tuple[str, ...]


def matched(keypoints: tuple[str, ...], known: tuple[str, ...]) -> list[int | None]:
    """For each keypoint its row in `known`: of the same name, else of another name for the same place, else None."""
    rows: list[int | None] = []
    for name in keypoints:
        alike = {name}.union(*(group for group in _ALIKE if name in group))
        found = [known.index(name)] if name in known else [row for row, other in enumerate(known) if other in alike]
        rows.append(found[0] if found else None)
    return rows


def check_start(network: str, path: Path) -> NetworkCard:
    """The card of a file of start weights; InputError where it is none, or of another system."""
    try:
        card = read_card(path)
    except FileNotFoundError as error:
        raise InputError(f"train.start = {path}: no such file", f"a path, or one of {', '.join(WORDS)}") from error
    except (OSError, SafetensorError, KeyError, TypeError, ValueError) as error:
        what = f"train.start = {path}: not a trained network of RarePose ({error})"
        raise InputError(what, "give the network.safetensors of a training") from error
    if card.network != network:
        raise InputError(
            f"train.start = {path}: weights of {card.network}, the network is {network}", f"give weights of {network}"
        )
    return card


def load_start(model: PoseModel, network: str, path: Path) -> Started:
    """Take over the weights of a trained network of the same system; the outputs of its joints are matched by name.

    Args:
        model: with weights of its own, which stay where the file has nothing for them: joints that it does not know, and layers
            that read the maps of other joints (`System.reads_maps`).
        network: the name of the model's system.
        path: a `network.safetensors`.

    Raises:
        InputError: no such file, not a trained network, or one of another system, or of a codec or options that give its tensors
            other shapes.
    """
    card, given = check_start(network, path), load_file(path)
    rows = matched(model.skeleton.keypoints, card.keypoints)
    own, others = model.network.state_dict(), rows != list(range(len(card.keypoints)))
    taken: dict[str, Tensor] = {}
    for name in own.keys() & given.keys():
        value = given[name].to(own[name].dtype)
        source = _rows(own[name], value, rows, len(card.keypoints)) if _begins(name, model.system.heads) else value
        if others and _begins(name, model.system.reads_maps):
            source = own[name]
        if source is not None and source.shape == own[name].shape:
            taken[name] = source
    wrong = sorted((own.keys() | given.keys()) - taken.keys())
    if wrong:
        raise InputError(
            f"train.start = {path}: {len(wrong)} tensors do not fit this network, e.g. {', '.join(wrong[:3])}",
            "its options and codec have to be the same (train.options, train.codec)",
        )
    model.network.load_state_dict(taken)
    names = model.skeleton.keypoints
    known = tuple(name for name, row in zip(names, rows, strict=True) if row is not None)
    return Started(known, tuple(name for name in names if name not in known))


def _begins(name: str, layers: tuple[str, ...]) -> bool:
    return any(name.startswith(f"{layer}.") for layer in layers)


def _rows(own: Tensor, given: Tensor, rows: list[int | None], known: int) -> Tensor | None:
    """A head's tensor with the rows of the joints that the file knows; None where the two are not of one kind.

    A codec's channels come joint by joint, equally many for each (`Codec.channels`); what follows them (a background) is of all.
    """
    channels, rest = divmod(len(own), len(rows))
    if len(given) != channels * known + rest or own.shape[1:] != given.shape[1:]:
        return None
    result = own.clone()
    of_joints = result[: channels * len(rows)].unflatten(0, (len(rows), channels))
    source = given[: channels * known].unflatten(0, (known, channels))
    for joint, row in enumerate(rows):
        if row is not None:
            of_joints[joint] = source[row]
    result[channels * len(rows) :] = given[channels * known :]
    return result
