"""Rendered sequences as readers of the stage `track_data` get them: people and pictures."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from smpl_assets.archive import ArchiveReader
from smpl_assets.pictures import decode_image
from training.tracking.people import Sequence
from training.tracking.sequence_files import read_sequence

FRAMES, SEQUENCES = "frames.tar", "sequences"


@dataclass(frozen=True)
class Recording:
    """A sequence and the archive that holds its pictures under `Frame.image`."""

    sequence: Sequence
    archive: ArchiveReader

    def image(self, index: int) -> UInt8[np.ndarray, "height width 3"]:
        """The picture of one frame, RGB."""
        return decode_image(self.archive.read(self.sequence.frames[index].image))


def load_recordings(shards: Iterable[Path]) -> list[Recording]:
    """The sequences of some shards of `track_data`, in order."""
    found = []
    for shard in shards:
        archive = ArchiveReader(shard / FRAMES)
        found += [Recording(read_sequence(file), archive) for file in sorted((shard / SEQUENCES).glob("*.json"))]
    return found
