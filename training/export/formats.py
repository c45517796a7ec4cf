"""The formats of `rarepose export augmented` by name."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from training.export.parts import ExportSet

FORMATS = ("coco", "yolo", "mmpose", "fiftyone", "webdataset", "huggingface")


def write_set(found: ExportSet, form: str, out: Path) -> None:
    """Write a set into an existing empty folder in one of FORMATS."""
    write: Callable[[ExportSet, Path], None] = import_module(f"training.export.{form}").write
    write(found, out)
