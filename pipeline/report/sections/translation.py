"""What the translation learnt, how close it came to the photographs, and whether the labels still hold."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.report.pictures import picture_of_file
from pipeline.report.run import Run
from smpl_assets.drawing.charts import curves_chart, draw_chart, whole_numbers
from smpl_assets.drawing.palette import ORANGE, TEAL

_GAME = ("the game: generator against discriminator", ("adversarial", "discriminator", "cam"))
_KEEPING = ("what keeps the person the same", ("cycle", "identity", "structure", "colour"))
_NOTHING = 0.5  # grey levels: what rounding to whole ones takes away
_KID = ("before", "after", "floor")
_PARTS = ("after_25", "after_50", "after_75")


def build(run: Run) -> dict[str, Any]:
    """Charts of the training and of the label drift, counts; writes `translator_losses` and `label_drift.png` into `figures`.

    kid: (before, after, floor) x 100, or None; after: of the whole change. kid_parts: of a quarter, half, three quarters of it,
    or None. moved: mean change of a pixel in grey levels by the statistics and by the network on top of them, or None; idle: the
    network's is lost in rounding. reasons: (verdict, samples).
    """
    kid, moved = run.translator_card.get("kid") or {}, run.translator_card.get("moved") or {}
    by_network = moved.get("network")
    sheet = run.inputs.one("translator") / "samples.png"
    labels = [s.translated for s in run.samples if s.translated is not None]
    reasons: Counter[str] = Counter()
    for summary in run.summaries("translate").values():
        reasons.update(summary.get("reasons", {}))
    people = "people before and after translation"
    return {
        "samples": picture_of_file(sheet, people, run.settings.quality) if sheet.is_file() else None,
        "losses": curves_chart(run.figure("translator_losses"), run.losses("translator"), "iteration", _GAME, _KEEPING),
        "drift": _drift_chart([s.drift_px for s in labels], run.figure("label_drift")),
        "kid": _rounded(kid, _KID),
        "kid_parts": _rounded(kid, _PARTS),
        "moved": [moved["statistics"], by_network] if by_network is not None else None,
        "idle": by_network is not None and by_network < _NOTHING,
        "kid_features": str(kid.get("features", "")),
        "translated": len(labels),
        "kept": sum(s.kept for s in labels),
        "reasons": sorted(reasons.items(), key=lambda item: (-item[1], item[0])),
    }


def _rounded(kid: dict[str, Any], names: tuple[str, ...]) -> list[float] | None:
    """Figures as they are shown (0.0, not -0.0), None where one is missing."""
    return None if None in map(kid.get, names) else [round(float(kid[n]), 1) + 0.0 for n in names]


def _drift_chart(drifts: list[float], path: Path) -> str | None:
    if not drifts:
        return None

    def draw(axes: Any) -> None:
        axes.hist(drifts, np.linspace(0, max(max(drifts), 1.0), 21), color=TEAL, rwidth=0.9)
        axes.axvline(float(np.median(drifts)), color=ORANGE, linewidth=1.2, label=f"median {np.median(drifts):.1f} px")
        axes.set(xlabel="farthest move of a keypoint's surroundings, px", ylabel="samples")
        whole_numbers(axes.yaxis)
        axes.legend()

    return draw_chart(path, 4.8, 2.3, draw)
