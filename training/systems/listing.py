"""What there is to choose from: every system of the table with its size for a skeleton."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch

from smpl_assets.errors import InputError
from smpl_assets.skeletons import Skeleton
from training.codecs.codec import Knobs
from training.systems.build import build_model
from training.systems.published import PUBLISHED
from training.systems.system import System
from training.systems.table import SYSTEMS


@dataclass(frozen=True)
class Listed:
    """A system as `rarepose systems` shows it.

    parameters: with its default options; None where it cannot be built here or for the skeleton, `problem` then says why.
    strides: px of the input per cell of each output. multiple: input sides are multiples of it, px. onnx: formats that
    `rarepose export onnx` writes. presets: settings of `train`. published: a figure of its publication's.
    """

    name: str
    parameters: int | None
    reads: str
    strides: tuple[int, ...]
    multiple: int
    onnx: tuple[str, ...]
    source: str
    brings: str
    presets: Mapping[str, Mapping[str, Any]]
    origin: str
    published: str = ""
    problem: str = ""


def listed_systems(skeleton: Skeleton) -> Iterator[Listed]:
    """Every system, built for a skeleton without memory for its weights."""
    for name, plugin in SYSTEMS.items():
        presets = {"published": plugin.preset} if plugin.preset else {}
        try:
            system: System = SYSTEMS.load(name)
        except InputError as error:
            yield Listed(name, None, "", (), 0, (), "", "", presets, plugin.origin, "", f"{error.what}; {error.next_step}")
            continue
        parameters, strides, problem = _built(name, skeleton)
        about = strides, system.multiple, system.exports, system.source, system.brings, presets, plugin.origin
        yield Listed(name, parameters, system.reads, *about, PUBLISHED.get(name, ""), problem)


def _built(name: str, skeleton: Skeleton) -> tuple[int | None, tuple[int, ...], str]:
    try:
        with torch.device("meta"):
            model = build_model(name, skeleton, 0, Knobs())
    except InputError as error:
        return None, (), error.what
    return sum(p.numel() for p in model.network.parameters()), tuple(stage.stride for stage in model.stages), ""
