"""Charts in the page's style, as PNG files and as SVG that follows the page's light or dark colours."""

from __future__ import annotations

import io
import math
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter

from smpl_assets.drawing.palette import INK, RULE, SERIES

_STYLE: Any = {
    "svg.fonttype": "none", "svg.hashsalt": "rarepose", "font.family": ["sans-serif"], "font.sans-serif": ["DejaVu Sans"],
    "font.size": 9.0, "axes.edgecolor": RULE, "axes.labelcolor": INK, "axes.titlecolor": INK, "axes.titlesize": 9.5,
    "axes.titlelocation": "left", "axes.spines.top": False, "axes.spines.right": False, "axes.grid": True, "grid.color": RULE,
    "grid.linewidth": 0.6, "text.color": INK, "xtick.color": INK, "ytick.color": INK, "xtick.labelsize": 8.0,
    "ytick.labelsize": 8.0, "legend.frameon": False, "legend.fontsize": 8.0, "lines.linewidth": 1.5, "axes.axisbelow": True,
}  # fmt: skip


def draw_chart(path: Path, width: int | float, height: int | float, draw: Callable[..., None], columns: int = 1) -> str:
    """Draw a chart of the page's style, write it as PNG, and return it as SVG for the page.

    `draw` gets the axes, `columns` of them side by side; width and height are inches. The same drawing gives the same bytes.
    """
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(width, height), layout="constrained")
        FigureCanvasAgg(figure)
        draw(*figure.subplots(1, columns, squeeze=False)[0])
        figure.savefig(path, dpi=150, facecolor="white", metadata={"Software": None})
        buffer = io.StringIO()
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    return _for_page(buffer.getvalue(), path.stem)


def _for_page(svg: str, name: str) -> str:
    """The SVG without its size and metadata, ids unique on the page, ink and rules in the page's own colours."""
    svg = svg[svg.index("<svg") :].replace(INK, "currentColor").replace(RULE, "var(--rule)")
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r'\bid="', f'id="{name}-', svg)
    svg = re.sub(r'((?:xlink:)?href="|url\()#', rf"\g<1>#{name}-", svg)
    return re.sub(r'(<svg[^>]*?) width="[^"]*"', r"\1", re.sub(r'(<svg[^>]*?) height="[^"]*"', r"\1", svg, count=1), count=1)


def whole_numbers(axis: Any) -> None:
    """Ticks of an axis at whole numbers only."""
    axis.set_major_locator(MaxNLocator(integer=True))


def plain_numbers(axis: Any) -> None:
    """Ticks of a logarithmic axis as plain numbers, none between the powers of ten."""
    axis.set_major_formatter("{x:g}")
    axis.set_minor_formatter(NullFormatter())


def rates(axes: Any) -> None:
    """A logarithmic x axis with plain numbers at 1, 2 and 5 times the powers of ten, and room for labels beside points."""
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    plain_numbers(axes.xaxis)
    axes.margins(x=0.2)


def label_points(axes: Any, points: Sequence[tuple[int | float, int | float]], names: Sequence[str]) -> None:
    """Names to the right of points, each moved down until it lies on no other name or point; for axes that are set."""
    font, scale = 7.0, 72 / axes.figure.dpi
    places = [[float(v) * scale for v in axes.transData.transform(point)] for point in points]
    placed = [(x - 4, x + 4, y) for x, y in places]  # left, right and height, 1/72 inch
    for name, point, (x, y) in sorted(zip(names, points, places, strict=True), key=lambda entry: -entry[2][1]):
        left, right, height = x + 6, x + 6 + 0.6 * font * len(name), y
        while any(left < b and a < right and abs(height - h) < font for a, b, h in placed):
            height -= 1
        placed.append((left, right, height))
        axes.annotate(name, point, (6, height - y), textcoords="offset points", va="center", fontsize=font)


def mark(axes: Any, x: int | float, label: str, colour: str, height: float = 0.97, style: str = "--") -> None:
    """A labelled vertical line; height: of the label, in parts of the axes'."""
    axes.axvline(x, color=colour, linewidth=1.4, linestyle=style)
    place = {"xycoords": axes.get_xaxis_transform(), "xytext": (4, 0), "textcoords": "offset points"}
    axes.annotate(label, (x, height), **place, color=colour, fontsize=8, va="top")


def curves(axes: Any, rows: Sequence[dict[str, Any]], along: str, names: Sequence[str]) -> None:
    """Lines of the named numbers over `along`, logarithmic where they span more than two decades; missing names are left out."""
    values: list[float] = []
    for colour, name in zip(SERIES * 2, names, strict=False):
        points = [(r[along], r[name]) for r in rows if isinstance(r.get(name), (int, float)) and math.isfinite(r[name])]
        if points:
            axes.plot(*zip(*points, strict=True), color=colour, label=name.replace("_", " "))
            values += [y for _, y in points]
    axes.set_xlabel(along)
    scale_by(axes, values)


def curves_chart(path: Path, rows: Sequence[dict[str, Any]], along: str, *charts: tuple[str, Sequence[str]]) -> str | None:
    """Two charts of a training's numbers side by side, each (title, names of the numbers); None without rows."""

    def draw(*both: Any) -> None:
        for axes, columns, (title, names) in zip(both, (1, 2), charts, strict=True):
            curves(axes, rows, along, [n for n in names if n in rows[0]])
            axes.set_title(title)
            if columns > 1 or len(names) > 1:
                axes.legend(ncols=columns)

    return draw_chart(path, 8, 2.4, draw, columns=2) if rows else None


def scale_by(axes: Any, values: Sequence[float]) -> None:
    """A logarithmic y axis for positive values over more than two decades, else one that starts at zero."""
    if values and min(values) > 0 and max(values) > 100 * min(values):
        axes.set_yscale("log")
    elif values and min(values) >= 0:
        axes.set_ylim(bottom=0)
