"""MOTA against speed, a line per tracker."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.report.tracks.rows import SPEEDS
from smpl_assets.drawing.charts import draw_chart
from smpl_assets.drawing.palette import GREY, SERIES

_MARKERS = "osD^vP*X"


def speeds_chart(motas: Mapping[str, list[float | None]], path: Path) -> str | None:
    """One panel; None where there are fewer than two speeds."""
    places = [n for n in range(len(SPEEDS)) if any(values[n] is not None for values in motas.values())]
    if len(places) < 2:
        return None

    def draw(axes: Any) -> None:
        for number, (name, values) in enumerate(motas.items()):
            known = [n for n in places if values[n] is not None]
            colour = GREY if number == 0 else SERIES[(number - 1) % (len(SERIES) - 1)]
            marker = _MARKERS[number % len(_MARKERS)]
            look = {"marker": marker, "color": colour, "linewidth": 1.6, "markersize": 5}
            axes.plot(known, [values[n] for n in known], "--" if number == 0 else "-", label=name, **look)
        axes.set_xticks(places, [SPEEDS[n] for n in places])
        axes.set_xlim(places[0] - 0.15, places[-1] + 0.15)
        axes.set_ylabel("MOTA")
        axes.legend(loc="center left", bbox_to_anchor=(1.01, 0.5))

    return draw_chart(path, 8, 4.2, draw)
