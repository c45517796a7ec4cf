"""A pose model from what the configuration, or the card of a trained one, says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import torch
from pydantic import ValidationError

from smpl_assets.errors import InputError
from smpl_assets.seeds import derive_seed
from smpl_assets.skeletons import Skeleton
from training.codecs.codec import Codec, Knobs, RegionRequest
from training.codecs.table import CODECS
from training.systems.system import PoseModel, Stage, System
from training.systems.table import SYSTEMS


def build_model(
    name: str, skeleton: Skeleton, seed: int, knobs: Knobs, codec: str = "", options: Mapping[str, Any] | None = None
) -> PoseModel:
    """A model with weights drawn from the seed and the system's name, the same for every recipe.

    Args:
        name: of the system.
        skeleton: its keypoints are what the model finds.
        seed: of the weights.
        knobs: the configuration's numbers for codecs.
        codec: name of the codec; empty = the system's own.
        options: of the system (`train.options`), validated by its settings class.

    Raises:
        InputError: an unknown name, options that the system refuses, or a package that is missing.
    """
    system: System = SYSTEMS.load(name)
    chosen = options_of(name, system, options or {})
    stages = stages_of(system, chosen, knobs, codec)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(derive_seed(seed, "network", name))
        channels = tuple(s.codec.channels(skeleton) for s in stages)
        network = system.build(chosen, channels, *((skeleton,) if system.of_skeleton else ()))
    phases = system.phases_of(chosen) if system.phases_of else system.phases
    return PoseModel(network, stages, skeleton, replace(system, phases=phases, regions=regions_of(system, chosen)))


def stages_of(system: System, options: Any, knobs: Knobs, codec: str = "") -> tuple[Stage, ...]:
    """What a system's outputs mean; InputError where it cannot be read by a codec."""
    reads: Codec = CODECS.load(codec)(knobs) if codec else system.codec(knobs)
    return system.stages(options, reads)


def regions_of(system: System, options: Any) -> RegionRequest | None:
    """What training with these options needs of Edge Boxes."""
    return system.regions_of(options) if system.regions_of else None


def check_input(name: str, size_hw: tuple[int, int]) -> None:
    """InputError where a system cannot take an input of this size."""
    system: System = SYSTEMS.load(name)
    if any(side % system.multiple for side in size_hw):
        raise InputError(
            f"train.input_size = {list(size_hw)}: {name} takes heights and widths that are multiples of {system.multiple}",
            f"for instance {[max(1, round(side / system.multiple)) * system.multiple for side in size_hw]}",
        )
    if min(size_hw) < system.smallest:
        raise InputError(
            f"train.input_size = {list(size_hw)}: {name} takes heights and widths from {system.smallest} px on",
            f"for instance {[max(side, system.smallest) for side in size_hw]}",
        )


def options_of(name: str, system: System, options: Mapping[str, Any]) -> Any:
    """The validated options of a system; InputError naming the one that it refuses."""
    try:
        return system.options.model_validate(dict(options))
    except ValidationError as error:
        first = error.errors()[0]
        known = ", ".join(system.options.model_fields) or "none"
        where = ".".join(str(part) for part in first["loc"])
        said = f"train.options.{where} of {name}: {first['msg']} (value {first['input']!r:.80})"
        raise InputError(said, f"options of {name}: {known}") from error
