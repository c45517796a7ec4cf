"""The weights that the features of `tml_tiny` and `tml_small` start from: those of a trained pose network."""

from __future__ import annotations

from pathlib import Path

from safetensors.torch import load_file
from torch import nn

from smpl_assets.errors import InputError
from training.start.weights import check_start
from training.tracking.network_settings import TRUNKS


def load_trunk(backbone: nn.Module, system: str, path: Path) -> None:
    """Take over backbone and deconvolutions of a trained pose network; its head is left out.

    Args:
        backbone: a `PoseTrunk`.
        system: of the tracker's network.
        path: a `network.safetensors` of the pose system that belongs to it (`TRUNKS`).

    Raises:
        InputError: no such file, not a trained network, one of another system or of other options.
    """
    check_start(TRUNKS[system], path)
    given = {name: value.float() for name, value in load_file(path).items() if not name.startswith("head.")}
    try:
        backbone.load_state_dict(given)
    except RuntimeError as error:
        what = f"track.train.weights = {path}: its layers are not those of {TRUNKS[system]} as {system} has it"
        raise InputError(what, "a network of train.options.deconv_channels cannot be used") from error
