"""Charts in the page's style, as PNG files and as SVG that follows the page's light or dark colours."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

INK, RULE = "#1f2530", "#d6d2c8"
TEAL, ORANGE, VIOLET, GREY = "#0f8b99", "#d9731a", "#8c50be", "#8a8f98"
SERIES = (TEAL, ORANGE, VIOLET, "#5c7f2b", "#b5405c", "#3f6fb5", "#9a7b1e", GREY)
_STYLE: Any = {
    "svg.fonttype": "none",
    "svg.hashsalt": "rarepose",
    "font.family": ["sans-serif"],
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 9.0,
    "axes.edgecolor": RULE,
    "axes.labelcolor": INK,
    "axes.titlecolor": INK,
    "axes.titlesize": 9.5,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": RULE,
    "grid.linewidth": 0.6,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.labelsize": 8.0,
    "ytick.labelsize": 8.0,
    "legend.frameon": False,
    "legend.fontsize": 8.0,
    "lines.linewidth": 1.5,
    "axes.axisbelow": True,
}


def new_figure(width: float, height: float, columns: int = 1) -> tuple[Figure, list[Any]]:
    """A figure of the page's style (inches) and its axes in one row."""
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(width, height), layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.subplots(1, columns, squeeze=False)
    return figure, list(axes[0])


def save_chart(figure: Figure, path: Path) -> str:
    """Write the PNG and return the SVG for the page; the same figure gives the same bytes."""
    buffer = io.StringIO()
    with mpl.rc_context(_STYLE):
        figure.savefig(path, dpi=150, facecolor="white", metadata={"Software": None})
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    svg = buffer.getvalue()
    svg = svg[svg.index("<svg") :].replace(INK, "currentColor").replace(RULE, "var(--rule)")
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r'\bid="', f'id="{path.stem}-', svg)
    svg = re.sub(r'(xlink:href="|href="|url\()#', rf"\g<1>#{path.stem}-", svg)
    return re.sub(r'(<svg[^>]*?) width="[^"]*"', r"\1", re.sub(r'(<svg[^>]*?) height="[^"]*"', r"\1", svg, count=1), count=1)


def curves(axes: Any, rows: Sequence[dict[str, Any]], along: str, names: Sequence[str], log: bool = False) -> None:
    """Lines of the named numbers over `along`; names that are missing are left out."""
    for colour, name in zip(SERIES * 2, names, strict=False):
        points = [(r[along], r[name]) for r in rows if isinstance(r.get(name), (int, float)) and r.get(name) == r.get(name)]
        if points:
            axes.plot(*zip(*points, strict=True), color=colour, label=name.replace("_", " "))
    axes.set_xlabel(along)
    if log:
        axes.set_yscale("log")
