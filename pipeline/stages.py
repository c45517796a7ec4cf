"""The order of the stages, as data. Nothing here imports torch, Luigi or a room's work."""

from importlib import import_module

from pipeline.order import STAGE_NAMES
from pipeline.unit import Stage

STAGES: tuple[Stage, ...] = tuple(import_module(f"pipeline.tasks.{name}").STAGE for name in STAGE_NAMES)
