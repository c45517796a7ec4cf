"""What is asked of the systems' learning, against made rows."""

from __future__ import annotations

import pytest

from benchmarks.learn_asked import ASKED, asked_table
from benchmarks.systems_learn import CASES


def row(case: str, pck: float, distance: float, seeds: int = 3) -> dict[str, object]:
    return {"case": case, "pck": pck, "pck_0.05": pck / 4, "distance_px": distance, "lowest": pck, "seeds": [pck] * seeds}


def test_everything_that_is_asked_is_a_case() -> None:
    assert {case for asked in ASKED for case in asked.cases} <= CASES.keys()


@pytest.mark.parametrize(
    ("rows", "line"),
    [
        (
            [row("ogn_tiny, stride 8", 68.0, 2.0), row("heatmaps, stride 8", 65.0, 2.3, 1)],
            "at stride 8, points | 3 | 3.0 | 1 | yes",
        ),
        ([row("ogn_tiny, stride 8", 67.9, 2.0), row("heatmaps, stride 8", 65.0, 2.3)], "at stride 8, points | 3 | 2.9 | 3 | no"),
        ([row("ogn_tiny, stride 8", 68.0, 2.0)], "at stride 8, points | 3 | – | – | –"),
        ([row("deep_pose_tiny", 50.0, 4.0), row("deep_pose_tiny", 70.0, 3.0)], "first's, % | 15 | 25.0 | 3 | yes"),
        ([row("global_local_tiny", 90.0, 1.4)] * 3, "global maps', % | above 0 | 0.0 | 3 | no"),
    ],
)
def test_measured_figures_stand_beside_what_was_asked(rows: list[dict[str, object]], line: str) -> None:
    assert line in asked_table(rows)
