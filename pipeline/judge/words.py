"""A verdict in tables: rows are models, columns groups of people."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from training.metrics.rarity_table import Cell, RarityTable, cells_of, render_text

ENOUGH = 10  # people that a figure asks for


def table_of(verdict: dict[str, Any], metric: str, kind: str) -> RarityTable | None:
    """The figures of a metric by `rarity`, `reason` or `cluster`; None where it does not apply, or no group is large enough.

    By reason and cluster a group of fewer than ten people who count is left out.
    """
    groups = {"rarity": "columns", "reason": "reasons", "cluster": "clusters"}[kind]
    found = [(m["name"], m["metrics"][metric]) for m in verdict["models"]]
    if f"by_{kind}" not in found[0][1] or not verdict[groups]:
        return None
    figures = [(name, f[f"by_{kind}"]) for name, f in found]
    people = figures[0][1]["people"]
    shown = [k for k, n in enumerate(people) if kind == "rarity" or n >= ENOUGH]
    if not shown:
        return None
    rows = tuple((name, tuple(cells_of(f)[k] for k in shown)) for name, f in figures)
    title = found[0][1]["title"] if kind == "rarity" else f"{found[0][1]['title']} by {kind}"
    names = tuple(verdict[groups][k]["name"] for k in shown)
    return RarityTable(metric, title, names, tuple(people[k] for k in shown), rows, _note(verdict) if kind == "rarity" else "")


def too_few(verdict: dict[str, Any], metric: str, kind: str) -> list[str]:
    """`posture (3)`: the reasons or clusters that have people, and too few for a figure."""
    groups, figures = {"reason": "reasons", "cluster": "clusters"}[kind], verdict["models"][0]["metrics"].get(metric, {})
    people = figures[f"by_{kind}"]["people"] if f"by_{kind}" in figures else []
    return [f"{group['name']} ({n})" for group, n in zip(verdict[groups], people, strict=False) if n < ENOUGH]


def joint_table(verdict: dict[str, Any], group: int) -> RarityTable | None:
    """PCK by keypoint of all (0) or of the rare people (1); None where nobody's torso is annotated."""
    found = [(m["name"], m["metrics"]["pck"]) for m in verdict["models"]]
    if "by_joint" not in found[0][1]:
        return None
    rows = tuple((name, tuple(cells_of(joint)[group] for joint in f["by_joint"]["joints"])) for name, f in found)
    people = tuple(joint["people"][group] for joint in found[0][1]["by_joint"]["joints"])
    who = ("everybody", "rare people")[group]
    return RarityTable("pck", f"{found[0][1]['title']}, {who}", tuple(verdict["keypoints"]), people, rows, "")


def transposed(table: RarityTable) -> list[tuple[str, int, list[Cell]]]:
    """One line per group: its name, its people, and a cell for each model."""
    return [
        (name, table.people[k], [cells[k] for _, cells in table.rows]) for k, name in enumerate(table.columns) if table.people[k]
    ]


def render(verdict: dict[str, Any]) -> str:
    """What the terminal shows: the main metric by rarity and by reason, and who failed."""
    lines = [f"{verdict['people']} people, {verdict['rare']} of them rare (score {verdict['threshold']:.3g} or more)"]
    for model in verdict["models"]:
        left_out = ", ".join(f"{n} x {why}" for why, n in model["skipped"]["counts"].items())
        lines.append(
            f"{model['name']}: {model['results']} results, {model['found']} people found, {model['nobodys']} results of nobody; "
            f"{model['failed']} people failed, {model['failed_rare']} of them rare"
            + (f"; left out: {left_out}" if left_out else "")
        )
        lines += model["skipped"].get("remarks", [])
    metric = verdict["headline"]
    tables = [t for kind in ("rarity", "reason") if metric and (t := table_of(verdict, metric, kind)) is not None]
    few = too_few(verdict, metric, "reason")
    last = [f"\ntoo few people for a figure by reason: {', '.join(few)}"] if few else []
    return "\n".join([*lines, *(f"\n{render_text(_upright(t), intervals=True)}" for t in tables), *last])


def _upright(table: RarityTable) -> RarityTable:
    """One line per group, which fits a terminal."""
    lines = tuple((f"{name}, {people:,} people", tuple(cells)) for name, people, cells in transposed(table))
    return replace(table, columns=tuple(name for name, _ in table.rows), people=(), rows=lines)


def _note(verdict: dict[str, Any]) -> str:
    samples, confidence = verdict["bootstrap"]["samples"], verdict["bootstrap"]["confidence"]
    if not samples or len(verdict["models"]) < 2:
        return ""
    return f"* the {100 * confidence:g} % interval of the paired difference ({samples} resamples over people) excludes zero"
