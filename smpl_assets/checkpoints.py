"""The state of a training that outlives an interruption, the same for every training here.

It lies in the bench's scratch folder, one file that is replaced as a whole; the pipeline removes the folder when the unit is
finished. A training asks for `found` when it begins and calls `keep` or `save` as it goes; one that was killed goes on from what
was kept last, to the same result.
"""

from __future__ import annotations

import hashlib
import os
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from smpl_assets.told import TOLD

if TYPE_CHECKING:
    import lightning


class Checkpoint:
    """`path` of one training's state, None where nothing is kept."""

    def __init__(self, folder: Path | None, name: str, identity: str) -> None:
        """`folder` is made if need be. `identity` is all that the state depends on: that of another training is never found."""
        self.path: Path | None = None
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
            self.path = folder / f"{name}-{hashlib.sha256(identity.encode()).hexdigest()[:16]}.ckpt"

    def keep(self, write: Callable[[Path], object], leads: bool = True) -> None:
        """Have `write` write the state to the path that it is given, and put it into the place of the last one.

        leads: whether this process is the one of several that all call `write` (devices that train together) which does so.
        """
        if self.path is None:
            return
        part = self.path.with_suffix(".part")
        write(part)
        if leads:
            with open(part, "rb") as file:
                os.fsync(file.fileno())
            os.replace(part, self.path)

    def save(self, state: dict[str, Any]) -> None:
        """`keep` of tensors and plain values."""

        def write(path: Path) -> None:
            with open(path, "wb") as file:  # with a path torch would not say that a disk is full
                torch.save(state, file)

        self.keep(write)

    def fit(self, trainer: lightning.Trainer, module: lightning.LightningModule) -> None:
        """A training by Lightning, from what is kept on; whoever interrupts it is not told that the process has ended."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                trainer.fit(module, ckpt_path=self.found(), weights_only=True)
            except SystemExit as ended:  # what Lightning makes of an interruption
                raise KeyboardInterrupt from ended

    def found(self) -> Path | None:
        """The file to go on from, None where there is none; a damaged one is said and removed, and the training starts again."""
        if self.path is None or not self.path.exists():
            return None
        try:
            with zipfile.ZipFile(self.path) as archive:
                changed = archive.testzip()
            if changed is not None:
                raise ValueError(f"{changed} is not what was written")
            torch.load(self.path, map_location="cpu", weights_only=True)
        except Exception as error:  # a damaged archive can fail in any way
            TOLD.warning("%s is damaged (%s): the training starts again", self.path, str(error).split("\n")[0])
            self.path.unlink(missing_ok=True)
            return None
        TOLD.info("the training goes on from its last checkpoint (%s)", self.path.name)
        return self.path
