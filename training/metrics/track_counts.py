"""Everything that is counted about the tracks of one sequence; figures of several sequences are made of the sums."""

from __future__ import annotations

from dataclasses import dataclass

from training.metrics.clear import Clear
from training.metrics.hota import Hota, hota, per_joint_hota
from training.metrics.identity import Identity, identity
from training.metrics.person_clear import PersonClear, person_clear
from training.metrics.posetrack_ap import JointHits
from training.metrics.posetrack_honest import honest_clear, honest_hits
from training.metrics.posetrack_official import official_clear, official_hits
from training.metrics.track_frames import PersonSimilarity, joint_tracks, people_tracks
from training.metrics.track_pairs import Pairs


@dataclass(frozen=True)
class SequenceCounts:
    """One sequence. official, honest: by joint, poseval's way and without its quirks. joints, people: HOTA of each."""

    name: str
    frames: int
    official_hits: JointHits
    official: Clear
    honest_hits: JointHits
    honest: Clear
    joints: Hota
    people: Hota
    identity: Identity
    persons: PersonClear


def count_sequence(pairs: Pairs, similarity: PersonSimilarity = "joints") -> SequenceCounts:
    """All counts of one sequence. similarity: of people, see `people_tracks`."""
    people = people_tracks(pairs, similarity)
    return SequenceCounts(
        name=pairs.name, frames=len(pairs.frames),
        official_hits=official_hits(pairs), official=official_clear(pairs),
        honest_hits=honest_hits(pairs), honest=honest_clear(pairs),
        joints=per_joint_hota([hota(tracks, aligned=False) for tracks in joint_tracks(pairs)]),
        people=hota(people), identity=identity(people), persons=person_clear(people),
    )  # fmt: skip
