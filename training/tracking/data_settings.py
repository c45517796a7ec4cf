"""The `track.data` section: the rendered sequences."""

from __future__ import annotations

from pydantic import Field

from smpl_assets.render.sequences.settings import SequenceSettings


class TrackDataSettings(SequenceSettings):
    """Rendered sequences that trackers learn from and are judged on; surroundings, clothes and the sensor are those of `render`.

    train, validation: numbers of sequences; their people, clothes, places and paths share nothing. 0 where there are own ones.
    shard_size: sequences of a shard.
    rare_share: of the poses that people take, those of the bodies fitted to the data set's rare people (0: nothing is fitted for
        them); the others are the generator's.
    unlabelled_share: sequences that have labels on some frames only, as PoseTrack's validation set does.
    """

    train: int = Field(240, ge=0, le=900_000)
    validation: int = Field(24, ge=0, le=900_000)
    shard_size: int = Field(12, ge=1)
    rare_share: float = Field(0.5, ge=0, le=1)
    unlabelled_share: float = Field(0.1, ge=0, le=1)
