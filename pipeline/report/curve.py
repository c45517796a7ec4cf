"""The curve of PDJ: how many joints are right, over how exactly they have to be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from smpl_assets.drawing.charts import draw_chart
from smpl_assets.drawing.palette import SERIES


def pdj_chart(results: Sequence[Mapping[str, Any]], columns: Sequence[int], path: Path) -> str | None:
    """PDJ of each row in some of the table's columns, side by side; None where it was not measured."""
    rows = [(r["title"], r["metrics"]["pdj"]["details"]) for r in results if "details" in r["metrics"].get("pdj", {})]
    if not rows:
        return None

    def draw(*axes: Any) -> None:
        for column, one in zip(columns, axes, strict=True):
            for colour, (title, curve) in zip(SERIES * len(rows), rows, strict=False):
                drawn = [(float(name.removeprefix("@")), values[column]) for name, values in curve.items()]
                known = [(share, value) for share, value in drawn if value is not None]
                one.plot([s for s, _ in known], [v for _, v in known], "o-", color=colour, markersize=3, label=title)
            one.set(xlabel="share of the torso", title=results[0]["columns"][column]["name"], ylim=(0, None), xlim=(0, None))
        axes[0].set_ylabel("joints within it, %")
        axes[0].legend(loc="upper left")

    return draw_chart(path, 8, 2.9, draw, len(columns))
