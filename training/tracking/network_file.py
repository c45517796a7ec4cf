"""Files of trackers' networks: weights and, in the header, a card under the kind of network that they are."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from smpl_assets.errors import InputError

FILE = "network.safetensors"
TRACKER, COMBINED, REID, GRAPH = "rarepose_tracker", "rarepose_combined", "rarepose_reid", "rarepose_graph"
# What each kind is, and what takes it.
KINDS: dict[str, tuple[str, str]] = {
    TRACKER: ("a trained tracker of RarePose (unit tml)", "`rarepose track --checkpoint` takes it"),
    COMBINED: ("a combined tracker", "`rarepose track --tracker combined --network` takes it"),
    REID: ("a re-identification network", "`rarepose track --tracker appearance --network` takes it"),
    GRAPH: ("a network that compares poses", "`rarepose track --tracker lighttrack --network` takes it"),
    "rarepose": ("a pose network", "`rarepose predict` takes it"),
}


def write_network(file: Path, tensors: Mapping[str, Tensor], kind: str, card: Mapping[str, Any]) -> None:
    """Write weights with their card."""
    header = {kind: json.dumps(card, sort_keys=True)}
    save_file({name: value.contiguous() for name, value in tensors.items()}, file, metadata=header)


def found_file(path: Path) -> Path:
    """The file that a path names: itself, or the one in a folder."""
    return path / FILE if path.is_dir() else path


def read_card(file: Path, kind: str) -> dict[str, Any]:
    """The card of a file of this kind.

    Raises:
        InputError: no such file, a pickle, or weights of another kind; it says what the file is.
    """
    wanted = KINDS[kind][0]
    try:
        with safe_open(file, framework="pt") as opened:
            cards = opened.metadata() or {}
        if kind in cards:
            return dict(json.loads(cards[kind]))
    except FileNotFoundError as error:
        step = "name the network.safetensors of a unit of track_train"
        raise InputError(f"{file}: no such file, where {wanted} should be", step) from error
    except (OSError, SafetensorError, TypeError, ValueError) as error:
        what = f"{file}: not {wanted}, but {_without_header(file)} ({str(error).splitlines()[0]})"
        raise InputError(what, "name the network.safetensors of a unit of track_train") from error
    other, use = next((KINDS[k] for k in KINDS if k in cards), ("weights that RarePose did not write", "run track_train"))
    raise InputError(f"{file}: not {wanted}, but {other}", use)


def load_weights(network: nn.Module, file: Path) -> None:
    """Fill a network made as the file's card says; InputError where the tensors are others."""
    try:
        network.load_state_dict({name: value.float() for name, value in load_file(file).items()})
    except (RuntimeError, OSError, SafetensorError) as error:
        said = str(error).splitlines()
        what = f"{file}: its weights do not fit its card ({' '.join(said[:2]).strip()[:160]})"
        raise InputError(what, "the file was changed; run track_train again") from error


def _without_header(file: Path) -> str:
    """What a file is that has no header of safetensors."""
    if file.is_dir():
        return "a folder"
    try:
        with file.open("rb") as opened:
            start = opened.read(2)
    except OSError:
        return "a file that cannot be read"
    return "a pickle" if start in (b"PK", b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05") else "no whole file of safetensors"
