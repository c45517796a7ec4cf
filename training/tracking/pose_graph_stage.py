"""The stage `track_train`, its unit `graph`: which two poses are one person's."""

from __future__ import annotations

from collections.abc import Sequence as Rows

from smpl_assets.archive import write_json
from smpl_assets.work import Bench
from training.tracking.film import Film, skeleton_of
from training.tracking.pose_graph_fit import train_graph
from training.tracking.settings import TrackSettings

VERSION = 1


def train_unit(films: Rows[Film], settings: TrackSettings, bench: Bench) -> None:
    """Train it and write network.safetensors and history.json; StageError where there are no two people."""
    losses = train_graph([film.sequence for film in films], skeleton_of(films), bench)
    write_json(bench.out / "history.json", [round(loss, 9) for loss in losses])
