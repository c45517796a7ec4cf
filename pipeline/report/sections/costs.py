"""What each row cost: samples, steps, seconds of training, and the making of the samples that it asks for."""

from __future__ import annotations

from fnmatch import fnmatch
from typing import Any

from pipeline.report.run import Run
from pipeline.report.sections.results import trained_rows
from pipeline.report.sections.times import seconds_of
from pipeline.tasks.render import FILL, RARE
from training.recipes import DACP

SEEN = {"real": "real people", "again": "rare ones again", "render": "rendered", "translated": "translated", "fill": "drawn"}
_BODIES = {"inverse": "*", "fit": "*", "render": RARE}
MADE_BY = {  # by kind of samples: the stages that make them, with the pattern of their units
    "render": _BODIES,
    "translated": _BODIES | {"translator": "*", "translate": "*"},
    "fill": {"fill": "*", "render": FILL},
}
START = ("start_set", "start")


def build(run: Run) -> dict[str, Any]:
    """rows: (title, samples by kind, steps, seconds of all its trainings, seconds of making its samples; None where unknown).

    kinds: of samples, in words. making: whether some row asks for samples that are made. seeds: trainings of each row.
    dacp: whether the table has rows that train nothing. start: seconds of making start weights, None where this run made none;
    given: whether rows start from weights that were there before.
    """
    trained = trained_rows(run)
    kinds = [k for k in SEEN if any(s["samples"].get(k) for s in trained.values())]
    units = run.inputs.units("train")
    trainings = {row: [folder for unit, folder in units.items() if unit.partition("#")[0] == row] for row in trained}
    rows = [
        (
            summary["title"],
            [int(summary["samples"].get(kind, 0)) for kind in kinds],
            int(summary["steps"]),
            seconds_of(trainings[row]),
            _making(run, summary["samples"]),
        )
        for row, summary in trained.items()
    ]
    started = [folder for stage in START for folder in run.inputs.folders(stage)]
    return {
        "rows": rows,
        "kinds": [SEEN[k] for k in kinds],
        "making": any(kind in MADE_BY for kind in kinds),
        "seeds": max(map(len, trainings.values())),
        "dacp": any(r["recipe"] == DACP for r in run.metrics.values()),
        "start": seconds_of(started) if started else None,
        "given": not started and any(s.get("start") for s in trained.values()),
    }


def _making(run: Run, samples: dict[str, int]) -> float | None:
    """Seconds of the units that make a row's synthetic samples, each counted once; 0 for a row that sees none."""
    folders = {
        folder: None
        for kind, stages in MADE_BY.items()
        for stage, pattern in stages.items()
        for unit, folder in run.inputs.units(stage).items()
        if samples.get(kind) and fnmatch(unit, pattern)
    }
    return seconds_of(list(folders))
