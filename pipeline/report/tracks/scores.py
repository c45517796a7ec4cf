"""Which joints count for MOTA: the curve from which the score was chosen."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from smpl_assets.drawing.charts import draw_chart
from smpl_assets.drawing.palette import GREY, SERIES


def scores_chart(chosen: Mapping[str, Any], path: Path) -> str | None:
    """MOTA on training sequences against the joints' least score, a line per least score of people; None with one point.

    chosen: scores.json of the unit `scores` of `track`.
    """
    lines: dict[float, dict[float, float]] = {}
    for tried in chosen["tried"]:
        lines.setdefault(tried["person"], {})[tried["joint"]] = tried["MOTA"]
    if len(lines[chosen["person"]]) < 2:
        return None

    def draw(axes: Any) -> None:
        for person, motas in lines.items():
            mine = person == chosen["person"]
            look = {"color": SERIES[0], "linewidth": 2, "label": f"people above {person:g}, chosen"} if mine else {"color": GREY}
            axes.plot(list(motas), list(motas.values()), zorder=3 if mine else 2, **look)
        axes.plot(chosen["joint"], lines[chosen["person"]][chosen["joint"]], "o", color=SERIES[0], zorder=4)
        axes.set(xlabel="least score of a joint", ylabel="MOTA, training sequences")
        axes.legend(loc="lower center")

    return draw_chart(path, 6, 3.4, draw)
