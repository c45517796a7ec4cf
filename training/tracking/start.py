"""Where start weights of the tracker are. Imports nothing heavy: planning asks."""

from __future__ import annotations

from pathlib import Path

from smpl_assets.errors import InputError
from training.start import shipped as poses
from training.tracking.network_settings import TRUNKS
from training.tracking.settings import TrackSettings
from training.tracking.train_settings import SCRATCH, SHIPPED

# Not `weights`: what is in a folder of that name counts as code of the modules beside it, and new weights would film anew.
WEIGHTS = Path(__file__).with_name("shipped")


def start_file(settings: TrackSettings) -> Path | None:
    """The trained network that `track.train.start` means, None for `scratch`; InputError where nothing is shipped for it."""
    train, network = settings.train, settings.network
    if train.start == SCRATCH:
        return None
    if train.start != SHIPPED:
        return Path(train.start).expanduser()
    file = WEIGHTS / f"{network.system}.safetensors"
    if not file.is_file():
        shipped = ", ".join(sorted(path.stem for path in WEIGHTS.glob("*.safetensors"))) or "none"
        raise InputError(f"track.train.start = 'shipped': no weights are shipped for {network.system}", f"shipped for: {shipped}")
    return file


def weights_file(settings: TrackSettings) -> Path | None:
    """The file of `track.train.weights`, for the features of a network without `start`; None where they come from chance.

    Of `tml_tiny` and `tml_small` without a word the start weights of pose networks that ship.
    """
    given, trunk = settings.train.weights, TRUNKS.get(settings.network.system)
    if start_file(settings) is not None or given == SCRATCH:
        return None
    if given is not None:
        return Path(given).expanduser()
    return None if trunk is None else poses.WEIGHTS / f"{trunk}.safetensors"
