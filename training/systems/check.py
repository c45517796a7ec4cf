"""Whether the networks of a configuration can be built as it asks for them; said before hours of other stages."""

from __future__ import annotations

from training.codecs.codec import Knobs
from training.runs import labels
from training.start.shipped import start_file
from training.start.weights import check_start
from training.systems.build import check_input, options_of, stages_of
from training.systems.system import System
from training.systems.table import SYSTEMS
from training.train_settings import TrainSettings


def check_networks(train: TrainSettings) -> None:
    """InputError naming the option: a package that is missing, an input size or options that the system does not take."""
    for label in labels(train):
        settings = train.of(label)
        system: System = SYSTEMS.load(settings.network)
        options = options_of(settings.network, system, settings.options)
        stages_of(system, options, Knobs(settings.sigma), settings.codec)
        check_input(settings.network, settings.input_size)
        if (file := start_file(settings)) is not None:
            check_start(settings.network, file)
