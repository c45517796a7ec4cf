"""Rare poses of one annotation file, without a configuration: list, figures and a small report in a folder."""

from __future__ import annotations

import base64
import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from jinja2 import Environment

from smpl_assets.errors import InputError
from smpl_assets.pose_table import PoseTable
from smpl_assets.progress import Progress, silent
from training.rarity.figures import draw_figures
from training.rarity.scores import RareScores
from training.rarity.settings import RareSettings
from training.rarity.stage import find_rare_poses

_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Rare poses of {{ title }}</title>
<style>
body { font: 15px/1.5 system-ui, sans-serif; color: #20242c; max-width: 1080px; }
body { margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.1rem; margin-top: 2.2rem; }
img { max-width: 100%; height: auto; } p.caption { color: #555b66; max-width: 75ch; }
table { border-collapse: collapse; }
td, th { padding: .25rem .9rem .25rem 0; text-align: left; border-bottom: 1px solid #e4e7ec; }
</style>
<h1>Rare poses of {{ title }}</h1>
<p>{{ people.rare }} of {{ people.included }} people ({{ "%.1f" | format(100 * people.share) }} %) are rare: score
at or above {{ "%.3g" | format(summary.threshold) }}. {{ people.excluded }} people without an annotated joint were left out.
{% if people.mistakes %}{{ people.mistakes }} more have a limb too long to be one: labelling mistakes, most likely.{% endif %}
The whole list is in <code>rare_poses.csv</code>.</p>
<table><tr><th>why rare</th><th>people</th></tr>
{% for reason, count in people.reasons.items() if count %}<tr><td>{{ reason }}</td><td>{{ count }}</td></tr>{% endfor %}</table>
<p>{{ summary.suggestion.why_threshold }} {{ summary.suggestion.why_clusters or "" }}</p>
{% for name, caption, data in figures %}<h2>{{ name }}</h2>
<img alt="{{ caption }}" src="data:image/png;base64,{{ data }}"><p class="caption">{{ caption }}</p>
{% endfor %}</html>
"""


def rare_list(
    table: PoseTable,
    settings: RareSettings,
    seed: int,
    image_root: Path | None,
    out: Path,
    title: str = "the annotations",
    progress: Progress = silent,
) -> RareScores:
    """Find the rare poses of a table and leave `rare_poses.csv`, `figures/` and `report.html` in `out`; returns the scores.

    Files of these names are replaced, others in `out` stay. InputError as `find_rare_poses`, or where `out` cannot be written.
    """
    figures_dir = out / "figures"
    try:
        figures_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"--out {out}: not a folder that can be written ({error})", "name another folder") from error
    with tempfile.TemporaryDirectory() as folder:
        artifact = Path(folder)
        find_rare_poses(table, table.select(np.zeros(0, np.int64)), settings, seed, artifact, progress)
        (out / "rare_poses.csv").write_bytes((artifact / "rare_poses.csv").read_bytes())
        summary: dict[str, Any] = json.loads((artifact / "summary.json").read_text(encoding="utf-8"))
        figures = draw_figures(artifact, table, image_root, figures_dir)
        scores = RareScores.load(artifact / "train.npz")
    (out / "report.html").write_text(_page(title, summary, figures, figures_dir), encoding="utf-8")
    return scores


def _page(title: str, summary: dict[str, Any], figures: dict[str, tuple[str, str]], folder: Path) -> str:
    shown = []
    for name, (file, caption) in figures.items():
        data = base64.b64encode((folder / file).read_bytes()).decode()
        shown.append((name.removeprefix("rare_").replace("_", " ").capitalize(), caption, data))
    template = Environment(autoescape=True).from_string(_PAGE)
    return template.render(title=title, summary=summary, people=summary["train"], figures=shown) + "\n"
