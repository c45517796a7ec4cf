"""Whether the networks of a configuration can be built as it asks for them; said before hours of other stages."""

from __future__ import annotations

import torch

from smpl_assets.errors import InputError
from smpl_assets.skeletons import SKELETONS, Skeleton
from training.codecs.codec import Knobs
from training.feeds.edge_boxes import require_edge_boxes
from training.runs import labels
from training.start.shipped import start_file
from training.start.weights import check_start
from training.systems.build import build_model, check_input, options_of, regions_of, stages_of
from training.systems.checkpoint import backbone_weights
from training.systems.system import System
from training.systems.table import SYSTEMS
from training.train_settings import TrainSettings


def check_networks(train: TrainSettings) -> None:
    """InputError naming the option: a package that is missing, an input size, options or a file that the system does not take."""
    for label in labels(train):
        settings = train.of(label)
        system: System = SYSTEMS.load(settings.network)
        options = options_of(settings.network, system, settings.options)
        stages_of(system, options, Knobs(settings.sigma), settings.codec)
        check_input(settings.network, settings.input_size)
        _check_multiple(settings.network, settings.input_size, getattr(options, "input_multiple", 1))
        if regions_of(system, options):
            require_edge_boxes()
        if (file := start_file(settings)) is not None:
            check_start(settings.network, file)
        if settings.weights is not None:
            with torch.device("meta"):  # of any skeleton: backbones know nothing of joints
                model = build_model(settings.network, SKELETONS["coco17"], 0, Knobs(), settings.codec, settings.options)
            backbone_weights(model, settings.weights)


def check_joints(train: TrainSettings, skeleton: Skeleton) -> None:
    """InputError naming the option of a network that people of this skeleton have too few joints for."""
    for label in labels(train):
        settings = train.of(label)
        with torch.device("meta"):
            build_model(settings.network, skeleton, 0, Knobs(), settings.codec, settings.options)


def _check_multiple(name: str, size_hw: tuple[int, int], multiple: int) -> None:
    """Where options ask for larger multiples than the system."""
    if any(side % multiple for side in size_hw):
        whole = [max(1, round(side / multiple)) * multiple for side in size_hw]
        rule = f"with these options {name} takes heights and widths that are multiples of {multiple}"
        raise InputError(f"train.input_size = {list(size_hw)}: {rule}", f"for instance {whole}")
