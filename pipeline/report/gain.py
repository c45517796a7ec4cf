"""The gain on rare people: the row that gained most, held against its baseline and against the cheap rivals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.report.run import Run
from training.evaluate_settings import EvaluateSettings
from training.metrics.evaluate import Validation, versus
from training.metrics.rarity_table import Cell, cells_of
from training.recipes import RIVALS


@dataclass(frozen=True)
class Change:
    """How a row's headline figure differs from that of another row, whose name and title these are."""

    against: str
    title: str
    usual: Cell
    rare: Cell


@dataclass(frozen=True)
class Gain:
    """The row that gained most on rare people.

    row, title: its name, and how the table calls it. metric: the headline's name in metrics.json, `metric_title` in the table.
    usual, rare: validation people in the two columns. rows: how many it is the best of. changes: to its baseline, and to the
    cheap rivals of the same network that are in the table.
    """

    row: str
    title: str
    metric: str
    metric_title: str
    usual: int
    rare: int
    rows: int
    seeds: int
    confidence: float
    changes: tuple[Change, ...]

    @property
    def first(self) -> Change:
        """The change to its baseline."""
        return self.changes[0]

    @property
    def rivals(self) -> tuple[Change, ...]:
        """The changes to cheap rivals."""
        return self.changes[1:]


def usual_and_rare(metrics: Mapping[str, Any]) -> tuple[int, int] | None:
    """Indices of the columns of the usual and of the rare people; None where the table has no such pair."""
    columns = metrics["columns"]
    usual = next((i for i, c in enumerate(columns) if c["lower"] is None and c["upper"] is not None), None)
    rare = next((i for i, c in enumerate(columns) if c["lower"] is not None), None)
    return None if usual is None or rare is None else (usual, rare)


def find_gain(run: Run) -> Gain | None:
    """The row, of all networks, whose headline figure gained most on rare people; None where nothing can be compared.

    Cheap rivals are candidates only where nothing else was trained.
    """
    rows = run.metrics
    first = next(iter(rows.values()))
    columns, metric = usual_and_rare(first), first["headline"]
    if columns is None:
        return None
    gains = {name: gain for name, row in rows.items() if (gain := _gained(row, metric, columns[1])) is not None}
    candidates = [name for name in gains if not is_rival(rows[name]["recipe"])] or list(gains)
    if not candidates:
        return None
    name = max(candidates, key=lambda row: gains[row])
    best = rows[name]
    figures, against = best["metrics"][metric], rows[best["against"]]
    changes = [_change(against, figures, columns)]
    rivals = [r for r in rows.values() if is_rival(r["recipe"]) and r["network"] == against["network"] and r["variant"] != name]
    for rival in rivals if not is_rival(best["recipe"]) else ():
        compared = _versus(run, name, rival["variant"], metric)
        changes += [] if compared is None else [_change(rival, compared, columns)]
    usual, rare = (int(best["columns"][column]["people"]) for column in columns)
    seeds, confidence = int(best["seeds"]), float(best["bootstrap"]["confidence"])
    title, of = str(best["title"]), str(figures["title"])
    return Gain(name, title, metric, of, usual, rare, len(candidates), seeds, confidence, tuple(changes))


def is_rival(recipe: str) -> bool:
    """Whether a recipe changes nothing but what costs nothing new: `turn`, `longer`, or both."""
    return set(recipe.split("+")) <= set(RIVALS)


def _gained(metrics: Mapping[str, Any], metric: str, column: int) -> float | None:
    difference = metrics["metrics"].get(metric, {}).get("difference")
    return difference["values"][column] if difference else None


def _change(against: Mapping[str, Any], figures: dict[str, Any], columns: tuple[int, int]) -> Change:
    usual, rare = (cells_of(figures)[column] for column in columns)
    return Change(against["variant"], against["title"], usual, rare)


def _versus(run: Run, name: str, other: str, metric: str) -> dict[str, Any] | None:
    """As metrics.json has it, from both rows' predictions; None where the metric does not apply."""
    configuration = run.inputs.configuration or {}
    settings = EvaluateSettings.model_validate(configuration.get("evaluate", {}))
    people = Validation(run.tables["validation"], run.inputs.image_roots["validation"], run.scores["validation"])
    return versus(run.found(name), run.found(other), people, metric, settings, configuration.get("seed", 0))
