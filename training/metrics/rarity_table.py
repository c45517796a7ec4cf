"""The result table: rows are networks with recipes, columns rarity, the difference to the network's baseline in brackets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from training.metrics.pck import GROUPS
from training.recipes import BASELINE


@dataclass(frozen=True)
class Cell:
    """One figure in percent with its interval, and its difference to the baseline with that one's; None where unknown."""

    value: float | None
    low: float | None = None
    high: float | None = None
    difference: float | None = None
    difference_low: float | None = None
    difference_high: float | None = None

    @property
    def direction(self) -> int:
        """+1 or -1 where the interval of the difference excludes zero, else 0."""
        if self.difference_low is None or self.difference_high is None:
            return 0
        return 1 if self.difference_low > 0 else -1 if self.difference_high < 0 else 0

    def text(self, intervals: bool = False) -> str:
        """`77.81`, `80.10 (+2.29)`, with `*` behind a difference whose interval excludes zero; `-` where nothing counts."""
        if self.value is None:
            return "-"
        parts = [f"{self.value:.2f}"]
        if intervals and self.low is not None and self.high is not None:
            parts.append(f"[{self.low:.1f}, {self.high:.1f}]")
        if self.difference is not None:
            parts.append(f"({self.difference:+.2f}{'*' if self.direction else ''})")
        return " ".join(parts)


@dataclass(frozen=True)
class RarityTable:
    """A table ready to be drawn. people: per column. rows: (title, cells)."""

    metric: str
    title: str
    columns: tuple[str, ...]
    people: tuple[int, ...]
    rows: tuple[tuple[str, tuple[Cell, ...]], ...]
    note: str


def rarity_table(results: Sequence[dict[str, Any]], metric: str | None = None) -> RarityTable | None:
    """The table of one metric from the contents of metrics.json files, baselines first, the others in the given order.

    metric: `pck`, `pckh` or `oks_ap`; None = the headline. None is returned where the metric does not apply.
    """
    ordered = _ordered(results)
    if not ordered:
        return None
    metric = metric or ordered[0]["headline"]
    figures = [r["metrics"].get(metric, {}) for r in ordered]
    if "values" not in figures[0]:
        return None
    columns = ordered[0]["columns"]
    rows = tuple((r["title"], cells_of(f)) for r, f in zip(ordered, figures, strict=True) if "values" in f)
    return RarityTable(
        metric, figures[0]["title"], tuple(c["name"] for c in columns), tuple(c["people"] for c in columns), rows,
        _note(ordered[0]),
    )  # fmt: skip


def joint_table(results: Sequence[dict[str, Any]], metric: str = "pck", column: int = 0) -> RarityTable | None:
    """The table of joint groups (table 4.4) in one rarity column; None where the metric does not apply."""
    ordered = [r for r in _ordered(results) if r["metrics"].get(metric, {}).get("details")]
    if not ordered:
        return None
    known = ordered[0]["metrics"][metric]["details"]
    names = (*(g for g in GROUPS if g in known), *(n for n in known if n not in GROUPS))
    by_name = {r["variant"]: r["metrics"][metric] for r in ordered}
    rows = []
    for result in ordered:
        figures, base = result["metrics"][metric], by_name.get(result["against"])
        values = [figures["details"][n][column] for n in names] + [figures["values"][column]]
        before = None if base is None else [base["details"][n][column] for n in names] + [base["values"][column]]
        cells = tuple(
            Cell(v, difference=None if before is None or v is None or b is None else v - b)
            for v, b in zip(values, before or [None] * len(values), strict=True)
        )
        rows.append((result["title"], cells))
    where = ordered[0]["columns"][column]
    title = f"{ordered[0]['metrics'][metric]['title']} by joint, {where['name']}"
    return RarityTable(metric, title, (*names, "total"), (), tuple(rows), "")


def render_text(table: RarityTable, intervals: bool = False) -> str:
    """The table as aligned plain text."""
    head = [table.title, *table.columns]
    body = [["people", *map(str, table.people)]] if table.people else []
    body += [[title, *(c.text(intervals) for c in cells)] for title, cells in table.rows]
    widths = [max(len(row[i]) for row in [head, *body]) for i in range(len(head))]
    lines = [
        "  ".join(c.ljust(w) if i == 0 else c.rjust(w) for i, (c, w) in enumerate(zip(row, widths, strict=True)))
        for row in [head, *body]
    ]
    lines.insert(1, "-" * len(lines[0]))
    return "\n".join([*lines, *([table.note] if table.note else [])])


def _ordered(results: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Network by network in the given order, each one's baseline first."""
    networks = list(dict.fromkeys(r["network"] for r in results))
    return sorted(results, key=lambda r: (networks.index(r["network"]), r["recipe"] != BASELINE))


def cells_of(figures: dict[str, Any]) -> tuple[Cell, ...]:
    """Cells of a metric's figures, one per group, as metrics.json has them."""
    nothing = [None] * len(figures["values"])
    difference = figures["difference"] or {"values": nothing, "low": nothing, "high": nothing}
    parts = (figures["values"], figures["low"], figures["high"], difference["values"], difference["low"], difference["high"])
    return tuple(Cell(*row) for row in zip(*parts, strict=True))


def _note(result: dict[str, Any]) -> str:
    samples, confidence = result["bootstrap"]["samples"], result["bootstrap"]["confidence"]
    if not samples:
        return ""
    over = "people" if result["seeds"] == 1 else f"people and {result['seeds']} trainings of each row"
    return f"* the {100 * confidence:g} % interval of the difference ({samples} bootstrap resamples over {over}) excludes zero"
