"""What is wrong with the networks whose errors choose, in the names of their own section."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from smpl_assets.errors import RarePoseError
from training.cross_fit.settings import ChoiceSettings, ErrorSettings
from training.systems.check import check_networks
from training.train_settings import TrainSettings

_SHARED = re.compile(rf"\btrain\.({'|'.join(ErrorSettings.model_fields)})\b(?! = 'render')")


def check_choice(settings: ChoiceSettings, machine: TrainSettings) -> None:
    """InputError as `check_networks`, for the networks of `rare_poses.error`; nothing where rarity alone chooses."""
    if settings.by != "rarity":
        with own_names():
            check_networks(settings.error.training(machine))


@contextmanager
def own_names() -> Iterator[None]:
    """Errors of a training name `rare_poses.error.lr`, not `train.lr`, which is another network's."""
    try:
        yield
    except RarePoseError as error:
        what, step = (_SHARED.sub(r"rare_poses.error.\1", text) for text in (error.what, error.next_step))
        raise type(error)(what, step) from error
