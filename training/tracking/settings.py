"""The `track` section of the configuration."""

from __future__ import annotations

from smpl_assets.settings import Settings
from training.tracking.data_settings import TrackDataSettings


class TrackSettings(Settings):
    """The `track` section.

    enabled: make the sequences, train the tracker, run and judge it; otherwise none of it is planned.
    """

    enabled: bool = False
    data: TrackDataSettings = TrackDataSettings()
