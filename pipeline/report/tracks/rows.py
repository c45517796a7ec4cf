"""The rows of the table of trackers, as figures for the page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from training.metrics.track_pairs import JOINTS
from training.metrics.track_tables import GROUPS

SPEEDS = ("slow", "medium", "fast")
Metrics = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class TrackRow:
    """One tracker on one kind of poses, poseval's figures in percent; None where there is none.

    groups: MOTA by group of joints, head to ankle. low, high: of the total. gain: over the baseline, with its interval.
    honest: MOTA of all labelled frames, everybody who was missed counted.
    """

    name: str
    groups: tuple[float | None, ...]
    mota: float | None
    honest: float | None
    low: float | None
    high: float | None
    gain: float | None
    gain_low: float | None
    gain_high: float | None
    motp: float | None
    precision: float | None
    recall: float | None
    map: float | None
    hota: float
    idf1: float
    switches: int

    @property
    def direction(self) -> int:
        """1 or 2 where the interval of the gain lies above or below zero, as the page's classes count, else 0."""
        if self.gain_low is None or self.gain_high is None:
            return 0
        return 1 if self.gain_low > 0 else 2 if self.gain_high < 0 else 0


def track_rows(metrics: Metrics, poses: str) -> list[TrackRow]:
    """The rows on one kind of poses (`own`, `truth`), in the order of the table. metrics: metrics.json by `POSES/ROW`."""
    return [_row(unit.partition("/")[2], found) for unit, found in metrics.items() if unit.partition("/")[0] == poses]


def by_speed(metrics: Metrics, poses: str) -> dict[str, list[float | None]]:
    """MOTA of every row at each of SPEEDS, None where no sequence is so fast."""
    found = {}
    for unit, values in metrics.items():
        if unit.partition("/")[0] == poses:
            speeds = values["official"]["speeds"]
            found[unit.partition("/")[2]] = [speeds[s]["MOTA"] if s in speeds else None for s in SPEEDS]
    return found


def _row(name: str, metrics: Mapping[str, Any]) -> TrackRow:
    found = metrics["official"]
    total, people = found["speeds"]["all"], found["people"]
    low, high = total.get("MOTA_interval", (None, None))
    gain_low, gain_high = total.get("gain_interval", (None, None))
    return TrackRow(
        name=name, groups=tuple(_group(found["MOTA"], members) for members in GROUPS.values()),
        mota=found["MOTA"][-1], honest=metrics["honest"]["MOTA"][-1],
        low=low, high=high, gain=total.get("gain"), gain_low=gain_low, gain_high=gain_high,
        motp=found["MOTP"][-1], precision=found["precision"][-1], recall=found["recall"][-1], map=found["mAP"][-1],
        hota=people["HOTA"], idf1=people["IDF1"], switches=round(people["switches"]),
    )  # fmt: skip


def _group(values: list[float | None], members: tuple[str, ...]) -> float | None:
    """The mean of a group's joints, None where one of them has no figure."""
    numbers = [values[JOINTS.index(j)] for j in members]
    known = [v for v in numbers if v is not None]
    return sum(known) / len(known) if len(known) == len(numbers) else None
