"""Whether the networks of a configuration can be built as it asks for them; said before hours of other stages."""

from __future__ import annotations

from training.runs import labels
from training.start.shipped import start_file
from training.systems.build import check_input, options_of
from training.systems.system import System
from training.systems.table import SYSTEMS
from training.train_settings import TrainSettings


def check_networks(train: TrainSettings) -> None:
    """InputError naming the option: a package that is missing, an input size or options that the system does not take."""
    for label in labels(train):
        settings = train.of(label)
        system: System = SYSTEMS.load(settings.network)
        options_of(settings.network, system, settings.options)
        check_input(settings.network, settings.input_size)
        start_file(settings)
