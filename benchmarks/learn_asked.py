"""What is asked of systems on the easy set (issue 14, learning), held against rows of `benchmarks/systems_learn.py`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Row = Mapping[str, Any]


class Learnt:
    """Rows by case, those of each case in the order of its outputs, the decoded one last."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self._rows = rows

    def of(self, case: str, figure: str = "pck", output: int = -1) -> float:
        """A figure of a case, mean over seeds; LookupError where it was not measured."""
        return float([row for row in self._rows if row["case"] == case][output][figure])


@dataclass(frozen=True)
class Asked:
    """what: in words. least: of the measured figure; a least of 0 with `above` has to be passed. cases: that it is made of."""

    what: str
    least: float
    measured: Callable[[Learnt], float]
    cases: tuple[str, ...]
    above: bool = False

    def reached(self, found: float) -> bool:
        """Whether this is enough."""
        return found > self.least if self.above else found >= self.least


def _share(case: str, least: float) -> Asked:
    return Asked(f"`{case}`: PCK@0.2", least, lambda learnt: learnt.of(case), (case,))


def _ahead(what: str, least: float, case: str, other: str, figure: str = "pck", above: bool = False) -> Asked:
    """Points of one case above another."""
    return Asked(what, least, lambda learnt: learnt.of(case, figure) - learnt.of(other, figure), (case, other), above)


def _later(what: str, least: float, case: str, figure: str = "pck", before: int = 0, above: bool = False) -> Asked:
    """Points of the decoded output above another one."""
    return Asked(what, least, lambda learnt: learnt.of(case, figure) - learnt.of(case, figure, before), (case,), above)


def _closer(what: str, least: float, case: str, before: int = 0, above: bool = False) -> Asked:
    """Percent that the decoded output's mean distance is below another one's."""

    def measured(learnt: Learnt) -> float:
        return 100 * (1 - learnt.of(case, "distance_px") / learnt.of(case, "distance_px", before))

    return Asked(what, least, measured, (case,), above)


_TOLD = "regressor_tiny, 30 % absent"

ASKED = (
    *(_share(name, 65) for name in ("simple_tiny", "cpn_tiny", "hrnet_tiny", "integral_tiny", "ogn_tiny, stride 16")),
    *(_share(name, 60) for name in ("hourglass_tiny", "cpm_tiny")),
    _share("deep_pose_tiny", 45),
    _share("regressor_tiny", 40),
    _later("CPN: the refined map above the finest global one, points", 0, "cpn_tiny", before=-2, above=True),
    _later("hourglass: the second stack above the first, points", 0, "hourglass_tiny"),
    _later("CPM: the third stage above the first, points", 0, "cpm_tiny"),
    _later("coarse to fine: the fine map above the coarse one, points of PCK@0.05", 3, "coarse_to_fine_tiny", "pck_0.05"),
    _ahead("offsets above heatmaps at stride 16, points", 25, "ogn_tiny, stride 16", "heatmaps, stride 16"),
    _ahead("offsets above heatmaps at stride 8, points", 3, "ogn_tiny, stride 8", "heatmaps, stride 8"),
    _ahead("integral above the heatmap, points of PCK@0.05", 0, "integral_tiny", "simple_tiny", "pck_0.05", above=True),
    _closer("DeepPose: the second stage's distance below the first's, %", 15, "deep_pose_tiny"),
    Asked(
        "regressor: presence above 'always present', points", 5,
        lambda learnt: learnt.of(_TOLD, "presence") - learnt.of(_TOLD, "always_present"), (_TOLD,),
    ),
    _closer("global-local: the sum's distance below the global maps', %", 0, "global_local_tiny", above=True),
)  # fmt: skip


def asked_table(rows: Sequence[Row]) -> str:
    """Markdown: asked, at least, measured, over how many seeds, reached; dashes where a case was not measured."""
    learnt = Learnt(rows)
    lines = ["asked | at least | measured | seeds | reached", "---|---|---|---|---"]
    for asked in ASKED:
        least = f"{'above ' * asked.above}{asked.least:g}"
        try:
            found = round(asked.measured(learnt), 1)
        except LookupError:
            lines.append(f"{asked.what} | {least} | – | – | –")
            continue
        seeds = min(len(row["seeds"]) for row in rows if row["case"] in asked.cases)
        lines.append(f"{asked.what} | {least} | {found} | {seeds} | {'yes' if asked.reached(found) else 'no'}")
    return "\n".join(f"| {line} |" for line in lines)


def learnt_table(rows: Sequence[Row]) -> str:
    """Markdown: a line per case, its outputs' figures side by side, the decoded one last."""
    lines = ["case | PCK@0.2 of each output (lowest of the last) | PCK@0.05 | distance, px", "---|---|---|---"]
    for case in dict.fromkeys(row["case"] for row in rows):
        mine = [row for row in rows if row["case"] == case]
        cells = [", ".join(str(row[figure]) for row in mine) for figure in ("pck", "pck_0.05", "distance_px")]
        lines.append(f"{case} | {cells[0]} ({mine[-1]['lowest']}) | {' | '.join(cells[1:])}")
    return "\n".join(f"| {line} |" for line in lines)
