"""What the report shows of the translation: a sheet of people before and after, and the losses."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from jaxtyping import UInt8

from style_transfer.crops import resize
from style_transfer.pixels import encode_png

_TILE, _LABEL = 144, 96
_SHOWN = ("adversarial", "discriminator", "cycle", "identity", "cam", "structure", "tone")


def sample_sheet(rows: dict[str, UInt8[np.ndarray, "people side side 3"]]) -> bytes:
    """PNG bytes of one labelled row of tiles per entry; rows may have different lengths and sizes."""
    width = max(len(tiles) for tiles in rows.values())
    lines = []
    for name, tiles in rows.items():
        line = np.full((_TILE, _LABEL + width * _TILE, 3), 255, np.uint8)
        for i, word in enumerate(name.split("\n")):
            cv2.putText(line, word, (6, _TILE // 2 + 16 * i), cv2.FONT_HERSHEY_SIMPLEX, 0.42, (40, 40, 40), 1, cv2.LINE_AA)
        for i, tile in enumerate(tiles):
            line[:, _LABEL + i * _TILE : _LABEL + (i + 1) * _TILE] = resize(tile, _TILE)
        lines.append(line)
    return encode_png(np.vstack(lines))


def losses_figure(losses: list[dict[str, float | int]], path: Path) -> None:
    """Curves of the unweighted losses over the iterations, one small plot each; the same losses give the same file."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    shown = [n for n in _SHOWN if losses and n in losses[0]]
    figure = Figure(figsize=(11, 4.2), layout="constrained")
    FigureCanvasAgg(figure)
    for i, name in enumerate(shown):
        axes = figure.add_subplot(2, 4, i + 1)
        axes.plot([row["iteration"] for row in losses], [row[name] for row in losses], color="#00788a", linewidth=1)
        axes.set_title(name, fontsize=9, loc="left")
        axes.tick_params(labelsize=7)
        axes.spines[["top", "right"]].set_visible(False)
        axes.set_ylim(bottom=0)
        axes.set_xlabel("iteration", fontsize=7)
    figure.savefig(path, dpi=110, metadata={"Software": None})
