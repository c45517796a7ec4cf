"""The stage `track_train`, its unit `reid`: who is who by their looks."""

from __future__ import annotations

from collections.abc import Sequence as Rows

from smpl_assets.archive import write_json
from smpl_assets.work import Bench
from training.tracking.film import Film
from training.tracking.reid_fit import train_reid
from training.tracking.settings import TrackSettings

VERSION = 1


def train_unit(films: Rows[Film], settings: TrackSettings, bench: Bench) -> None:
    """Train it and write network.safetensors and history.json; StageError where there are no two people."""
    write_json(bench.out / "history.json", [round(loss, 9) for loss in train_reid(films, bench)])
