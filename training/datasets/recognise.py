"""Which data set an annotation file is, told from its content."""

from __future__ import annotations

from pathlib import Path

from smpl_assets.errors import InputError
from training.datasets.reader import Glance, Reader
from training.datasets.table import READERS


def recognise_format(path: Path) -> str:
    """The first of the readers that says that this annotation file, or folder of such files, is its own.

    Raises:
        InputError: there is no such file, or no reader wants it.
    """
    glance = Glance(path)
    for name in READERS.installed():
        reader: Reader = READERS.load(name)
        if reader.is_mine(glance):
            return name
    raise InputError(f"{path}: of no known data set; it is {glance.holds()}", f"name the format: --format {'|'.join(READERS)}")
