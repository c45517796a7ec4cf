"""Several networks held against one another: how well they find people, how fast, and how large they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from pipeline.report.gain import usual_and_rare
from pipeline.report.run import Run
from pipeline.report.sections.results import trained_rows
from pipeline.report.sections.times import memory_of, seconds_of
from pipeline.report.words import Number
from smpl_assets.drawing.charts import draw_chart, label_points, rates
from smpl_assets.drawing.palette import SERIES
from training.metrics.rarity_table import Cell, cells_of
from training.recipes import BASELINE


@dataclass(frozen=True)
class SpeedRow:
    """A row that was evaluated. training: crops a second. prediction: people a second. memory: of a training, see `memory_of`.

    None where the run doesn't tell. usual, rare: the headline figure with its interval.
    """

    title: str
    network: str
    baseline: bool
    parameters: int
    training: float | None
    prediction: float | None
    memory: dict[str, int] | None
    usual: Cell
    rare: Cell


def build(run: Run) -> dict[str, Any] | None:
    """rows: of the table. metric: the headline's title. chart: of figures over people a second, `speeds.png`.

    None where all evaluated rows are of one network, or their figures are not split by rarity.
    """
    trained = {name: summary for name, summary in trained_rows(run).items() if name in run.metrics}
    first = next(iter(run.metrics.values()))
    columns, figures = usual_and_rare(first), first["metrics"].get(first["headline"], {})
    if len({s["network"] for s in trained.values()}) < 2 or columns is None or "values" not in figures:
        return None
    rows = [_row(run, name, summary, columns) for name, summary in trained.items()]
    return {"rows": rows, "metric": figures["title"], "chart": _chart(rows, figures["title"], run)}


def _row(run: Run, name: str, summary: dict[str, Any], columns: tuple[int, int]) -> SpeedRow:
    metrics = run.metrics[name]
    cells = cells_of(metrics["metrics"][metrics["headline"]])
    usual, rare = (replace(cells[c], difference=None, difference_low=None, difference_high=None) for c in columns)
    trainings = [folder for unit, folder in run.inputs.units("train").items() if unit.partition("#")[0] == name]
    crops = summary["passes"] * sum(summary["samples"].values()) * len(trainings)
    people = metrics["columns"][0]["people"] * metrics["seeds"]
    return SpeedRow(
        summary["title"], summary["network"], summary["recipe"] == BASELINE, summary["parameters"],
        _rate(crops, seconds_of(trainings)), _rate(people, seconds_of([run.inputs.one("evaluate", name)])),
        memory_of(trainings), usual, rare,
    )  # fmt: skip


def _rate(count: Number, seconds: Number | None) -> float | None:
    return count / seconds if seconds else None


def _chart(rows: Sequence[SpeedRow], metric: str, run: Run) -> str | None:
    """Usual people left, rare ones right; a ring is a network's baseline, a dot another row."""
    timed = [row for row in rows if row.prediction is not None]
    if not timed:
        return None
    networks = list(dict.fromkeys(row.network for row in timed))

    def panel(axes: Any, group: str, cells: Sequence[Cell]) -> None:
        shown: dict[str, tuple[Number, Number]] = {}
        for row, cell in zip(timed, cells, strict=True):
            if cell.value is None or row.prediction is None:
                continue
            shown[row.network] = row.prediction, cell.value
            colour = SERIES[networks.index(row.network) % len(SERIES)]
            if cell.low is not None and cell.high is not None:
                axes.plot([row.prediction] * 2, [cell.low, cell.high], color=colour, linewidth=2, alpha=0.4)
            axes.plot(row.prediction, cell.value, "o", color=colour, markerfacecolor="none" if row.baseline else colour)
        axes.set(xlabel="people a second", title=f"{group} people: {metric}")
        rates(axes)
        label_points(axes, list(shown.values()), list(shown))

    def draw(left: Any, right: Any) -> None:
        panel(left, "usual", [row.usual for row in timed])
        panel(right, "rare", [row.rare for row in timed])

    return draw_chart(run.figure("speeds"), 8, 3.2, draw, columns=2)
