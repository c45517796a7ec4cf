"""What the translation learnt, how close it came to the photographs, and whether the labels still hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.report.pictures import Picture, picture_of_file
from pipeline.report.run import Run, read_json
from pipeline.report.settings import ReportSettings
from smpl_assets.drawing.charts import curves, draw_chart, whole_numbers
from smpl_assets.drawing.palette import ORANGE, TEAL

_GAME, _KEEPING = ("adversarial", "discriminator"), ("cycle", "identity", "cam", "structure")


@dataclass(frozen=True)
class Translation:
    """What the section shows.

    kid: (before, after, floor) x 100, or None. reasons: (verdict, samples). drift: chart of the label drift; losses: of the
        training.
    """

    method: str
    samples: Picture | None
    losses: str | None
    drift: str | None
    kid: tuple[float, float, float] | None
    kid_features: str
    translated: int
    kept: int
    reasons: list[tuple[str, int]]


def build(run: Run, built: Mapping[str, Any], settings: ReportSettings, out: Path) -> Translation:
    """Chart and count; writes `translator_losses.png` and `label_drift.png` into `figures`."""
    card, figures = run.translator_card, out / "figures"
    kid = card.get("kid") or {}
    figures_of_kid = [kid.get(n) for n in ("before", "after", "floor")]
    sheet = run.inputs.one("translator") / "samples.png"
    labels = [s.translated for s in run.samples if s.translated is not None]
    reasons: Counter[str] = Counter()
    for summary in run.summaries("translate").values():
        reasons.update(summary.get("reasons", {}))
    return Translation(
        method=str(card.get("settings", {}).get("method", "")),
        samples=picture_of_file(sheet, "people before and after translation", settings.quality) if sheet.is_file() else None,
        losses=_losses_chart(run, figures / "translator_losses.png"),
        drift=_drift_chart([s.drift_px for s in labels], figures / "label_drift.png"),
        kid=(float(kid["before"]), float(kid["after"]), float(kid["floor"])) if None not in figures_of_kid else None,
        kid_features=str(kid.get("features", "")),
        translated=len(labels),
        kept=sum(s.kept for s in labels),
        reasons=sorted(reasons.items(), key=lambda item: (-item[1], item[0])),
    )


def _losses_chart(run: Run, path: Path) -> str | None:
    rows = read_json(run.inputs.one("translator") / "losses.json")
    if not isinstance(rows, list) or len(rows) < 2:
        return None

    def draw(left: Any, right: Any) -> None:
        curves(left, rows, "iteration", _GAME)
        left.set_title("the game: generator against discriminator")
        left.legend()
        curves(right, rows, "iteration", [n for n in _KEEPING if n in rows[0]])
        right.set_title("what keeps the person the same")
        right.legend(ncols=2)

    return draw_chart(path, 8, 2.4, draw, columns=2)


def _drift_chart(drifts: list[float], path: Path) -> str | None:
    if not drifts:
        return None

    def draw(axes: Any) -> None:
        axes.hist(drifts, np.linspace(0, max(max(drifts), 1.0), 21), color=TEAL, rwidth=0.9)
        axes.axvline(float(np.median(drifts)), color=ORANGE, linewidth=1.2, label=f"median {np.median(drifts):.1f} px")
        axes.set_xlabel("farthest move of a keypoint's surroundings, px")
        axes.set_ylabel("samples")
        whole_numbers(axes.yaxis)
        axes.legend()

    return draw_chart(path, 4.8, 2.3, draw)
