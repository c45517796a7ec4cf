"""What training on the augmented set changed: the tables by rarity, and pictures of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.report.curve import pdj_chart
from pipeline.report.gain import find_gain, usual_and_rare
from pipeline.report.gain_words import gain_text
from pipeline.report.run import Run, read_json
from smpl_assets.drawing.charts import draw_chart, scale_by, whole_numbers
from smpl_assets.drawing.palette import GREY, ORANGE, SERIES, TEAL
from training.metrics.pck import GROUPS
from training.metrics.rarity_table import Cell, RarityTable, joint_table, rarity_table, render_text
from training.recipes import BASELINE, DACP, THESIS

NAMES = {
    "pckh": "PCKh", "pck": "PCK", "oks_ap": "OKS-AP", "pcp": "PCP", "pdj": "PDJ", "within": "within a share of the height",
    "presence": "presence",
}  # fmt: skip


def baselines_first(rows: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Names of the rows, each network's baseline before its other rows, else as they come."""
    networks = list(dict.fromkeys(r["network"] for r in rows.values()))
    return sorted(rows, key=lambda n: (networks.index(rows[n]["network"]), rows[n]["recipe"] != BASELINE))


def build(run: Run) -> dict[str, Any]:
    """Tables and charts; writes `table.txt` beside the page, `differences.png` and `training_losses.png` as figures.

    gain: of the row that gained most, None where nothing can be compared.
    tables: the headline metric's first, then the others that apply; tables[i].rows hold cells with intervals.
    joints: per-joint tables of all people and of the rare ones. differences: chart of the change to the baseline.
    curve: chart of PDJ for the same people, `pdj.png`, None where it was not asked for.
    losses: chart of the trainings. not_applicable: metric -> why. networks: what was trained, in words; several: whether these
    are more than one; mixed: whether rows differ in more than the thesis's recipes change; seeds: trainings of each row.
    elsewhere: (title, title) of rows held against another network's baseline.
    """
    results = list(run.metrics.values())
    headline, metrics = results[0]["headline"], results[0]["metrics"]
    tables = [t for m in dict.fromkeys((headline, *NAMES)) if (t := rarity_table(results, m)) is not None]
    gain = find_gain(run)
    text = render_text(tables[0]) if tables else "no metric applies to this set\n"
    (run.out / "table.txt").write_text(f"{text}\n{gain_text(gain)}" if gain else text, encoding="utf-8")
    networks = {f"{s['system']} with {s['parameters'] / 1e6:.1f} M parameters" for s in run.summaries("train").values()}
    return {
        "gain": gain,
        "tables": tables,
        "joints": _joint_tables(results),
        "differences": _differences_chart(results, tables[0], run.figure("differences")) if tables else None,
        "curve": pdj_chart(results, _columns(results), run.figure("pdj")),
        "losses": _losses_chart(run),
        "not_applicable": {NAMES[m]: f["not_applicable"] for m, f in metrics.items() if "not_applicable" in f},
        "networks": ", ".join(sorted(networks)),
        "several": len({r["network"] for r in results}) > 1,
        "mixed": any(part not in (BASELINE, DACP, *THESIS) for r in results for part in r["recipe"].split("+")),
        "seeds": results[0]["seeds"],
        "elsewhere": _elsewhere(run.metrics),
    }


def _elsewhere(rows: Mapping[str, Mapping[str, Any]]) -> list[tuple[str, str]]:
    compared = [(r, rows[r["against"]]) for r in rows.values() if r["against"] is not None]
    return [(row["title"], other["title"]) for row, other in compared if row["network"] != other["network"]]


def _joint_tables(results: list[dict[str, Any]]) -> list[RarityTable]:
    """By joint, of all people and of the rare ones; OKS-AP has no figures by joint."""
    metric = results[0]["headline"] if results[0]["headline"] in ("pck", "pckh") else "pck"
    return [head_to_foot(t) for column in _columns(results) if (t := joint_table(results, metric, column)) is not None]


def _columns(results: list[dict[str, Any]]) -> tuple[int, ...]:
    """All people, and the rare ones where there are some."""
    return tuple(dict.fromkeys((0, (usual_and_rare(results[0]) or (0, 0))[1])))


def head_to_foot(table: RarityTable) -> RarityTable:
    """The joint table with its columns from head to ankle (its file keeps them by name)."""
    rank = {name: place for place, name in enumerate(GROUPS)}
    order = sorted(range(len(table.columns)), key=lambda i: rank.get(table.columns[i], len(rank)))
    rows = tuple((title, tuple(cells[i] for i in order)) for title, cells in table.rows)
    return dataclasses.replace(table, columns=tuple(table.columns[i] for i in order), rows=rows)


def _differences_chart(results: list[dict[str, Any]], table: RarityTable, path: Path) -> str | None:
    """Dots with intervals: the change on usual and on rare people, one row of the table each."""
    columns = usual_and_rare(results[0])
    rows = [(title, cells) for title, cells in table.rows if any(c.difference is not None for c in cells)]
    if columns is None or not rows:
        return None

    def draw(axes: Any) -> None:
        axes.axvline(0, color=GREY, linewidth=0.9)
        for column, colour, shift, name in ((columns[0], TEAL, -0.14, "usual people"), (columns[1], ORANGE, 0.14, "rare people")):
            for place, (_, cells) in enumerate(rows):
                _whisker(axes, cells[column], place + shift, colour, name if place == 0 else "")
        axes.set_yticks(range(len(rows)), [title for title, _ in rows])
        axes.set_ylim(len(rows) - 0.5, -0.5)
        axes.grid(False, axis="y")
        axes.set_xlabel(f"change of {table.title} to the baseline, points")
        axes.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=2)

    return draw_chart(path, 8, 0.9 + 0.42 * len(rows), draw)


def _whisker(axes: Any, cell: Cell, place: float, colour: str, name: str) -> None:
    if cell.difference is None:
        return
    if cell.difference_low is not None and cell.difference_high is not None:
        interval = [cell.difference_low, cell.difference_high]
        axes.plot(interval, [place, place], color=colour, linewidth=2, alpha=0.45, solid_capstyle="round")
    axes.plot([cell.difference], [place], "o", color=colour, markersize=5.5, label=name or None)


def trained_rows(run: Run) -> dict[str, dict[str, Any]]:
    """Summaries of each row's first training, each network's baseline first."""
    first = {unit: summary for unit, summary in run.summaries("train").items() if summary["variant"] == unit}
    return {unit: first[unit] for unit in baselines_first(first)}


def _losses_chart(run: Run) -> str | None:
    read = [(s["title"], read_json(run.inputs.one("train", unit) / "history.json")) for unit, s in trained_rows(run).items()]
    histories = [(title, rows) for title, rows in read if rows]
    if not histories:
        return None

    def draw(axes: Any) -> None:
        for colour, (title, rows) in zip(SERIES * len(histories), histories, strict=False):
            axes.plot([r["epoch"] + 1 for r in rows], [r["loss"] for r in rows], color=colour, label=title)
        axes.set(xlabel="epoch", ylabel="loss")
        whole_numbers(axes.xaxis)
        scale_by(axes, [r["loss"] for _, rows in histories for r in rows])
        axes.legend(ncols=2)

    return draw_chart(run.figure("training_losses"), 8, 2.7, draw)
