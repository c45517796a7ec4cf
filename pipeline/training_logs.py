"""What trainings report, as logs that people know: Lightning's loggers, in a folder beside the artifacts and part of none."""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.locks import exclusive
from smpl_assets.errors import InputError
from smpl_assets.progress import Progress

if TYPE_CHECKING:
    from lightning.pytorch.loggers import Logger

FOLDER = "logs"
DEFAULT, NONE = ("csv", "tensorboard"), "none"
PACKAGES = {"csv": "", "tensorboard": "tensorboard", "wandb": "wandb", "mlflow": "mlflow"}
PROJECT = "rarepose"  # in W&B, and the experiment in MLflow
_POINTS = 1000  # of a training's curve, at most


def chosen_logs(given: Sequence[str] | None) -> tuple[str, ...]:
    """The loggers that are named, each once; `none` is none, nothing the default. InputError for others."""
    if unknown := [name for name in given or () if name not in (*PACKAGES, NONE)]:
        raise InputError(f"--log {unknown[0]}: not a logger", f"one of {', '.join((*PACKAGES, NONE))}")
    return tuple(dict.fromkeys(name for name in given or DEFAULT if name != NONE))


def check_logs(kinds: Sequence[str]) -> None:
    """InputError where the package of a logger is not installed."""
    for kind in kinds:
        if PACKAGES[kind] and find_spec(PACKAGES[kind]) is None:
            raise InputError(f"--log {kind}: {PACKAGES[kind]} is not installed", f"pip install {PACKAGES[kind]}")


class TrainingLog:
    """A Progress that writes the figures it is told to loggers, which are opened with the first ones; then tells them on.

    store: below its `logs/STAGE/UNIT/KEY/` each attempt has a folder. params: what the unit's result depends on.
    """

    def __init__(
        self, progress: Progress, kinds: Sequence[str], store: Path, unit: tuple[str, str, str], params: Mapping[str, Any]
    ) -> None:
        self.progress, self.kinds, self.store, self.unit, self.params = progress, tuple(kinds), store, unit, params
        self._loggers: list[Logger] | None = None
        self._told = -1

    def __call__(self, done: int, total: int, **figures: float) -> None:
        """Log every so many steps, and the last one."""
        self.progress(done, total, **figures)
        if not figures or not (done - self._told >= total / _POINTS or done >= total):
            return
        if self._loggers is None:
            self._loggers = self._opened()
        self._told = done
        for logger in self._loggers:
            logger.log_metrics(figures, done)

    def _opened(self) -> list[Logger]:
        folder = self.store.joinpath(FOLDER, *self.unit)
        folder.mkdir(parents=True, exist_ok=True)
        attempt = str(1 + sum(place.name.isdecimal() for place in folder.iterdir()))
        with warnings.catch_warnings(), exclusive(self.store / FOLDER / ".lock"):
            warnings.simplefilter("ignore")
            loggers = [_logger(kind, self.store / FOLDER, folder, attempt, self.unit) for kind in self.kinds]
            for logger in loggers:
                logger.log_hyperparams(dict(self.params))
        return loggers

    def close(self, made: bool) -> None:
        """End the logs: the training is finished, or failed."""
        if not self._loggers:
            return
        from lightning.pytorch.loggers import WandbLogger

        for logger in self._loggers:
            logger.finalize("success" if made else "failed")
            if isinstance(logger, WandbLogger):
                logger.experiment.finish(exit_code=int(not made))  # or the next unit of this process would go on in its run
        self._loggers = None


def _logger(kind: str, root: Path, folder: Path, attempt: str, unit: tuple[str, str, str]) -> Logger:
    """One of Lightning's loggers; W&B and MLflow are set up as theirs always are, by WANDB_* and MLFLOW_TRACKING_URI."""
    from lightning.pytorch import loggers

    stage, name, key = unit
    if kind == "csv":
        return loggers.CSVLogger(folder, "", attempt)
    if kind == "tensorboard":
        return loggers.TensorBoardLogger(folder, "", attempt, default_hp_metric=False)
    if kind == "wandb":
        return loggers.WandbLogger(f"{stage}/{name}", folder, project=PROJECT, group=stage, tags=[key])
    place = os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{(root / 'mlflow.db').absolute()}"
    return loggers.MLFlowLogger(PROJECT, f"{stage}/{name}", place, tags={"key": key}, artifact_location=str(folder))
