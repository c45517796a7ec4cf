"""The `report` stage: one page that can be opened from the disk, its figures as files, and the list of rare poses."""

from __future__ import annotations

import json
import shutil
from importlib import resources
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from pipeline.report.augmented import build_augmented
from pipeline.report.before_after import build_before_after
from pipeline.report.bodies import build_bodies
from pipeline.report.dresser import Dresser
from pipeline.report.headline import build_headline
from pipeline.report.inputs import ReportInputs
from pipeline.report.left_out import build_left_out
from pipeline.report.rare import build_rare
from pipeline.report.results import build_results
from pipeline.report.run import Run
from pipeline.report.settings import ReportSettings
from pipeline.report.strips import COLUMNS, build_strips, pairs_of
from pipeline.report.tail import build_tail
from pipeline.report.translation import build_translation
from pipeline.report.words import duration, percent, signed
from smpl_assets.body.registry import load_body
from smpl_assets.body.settings import BodySettings
from smpl_assets.progress import Progress, silent

_PARTS = 9


def build_report(inputs: ReportInputs, settings: ReportSettings, out: Path, progress: Progress = silent) -> None:
    """Write `report.html`, `figures/*.png` and `rare_poses.csv` into `out`.

    Args:
        inputs: the run's artifact directories.
        settings: how much is shown.
        out: an existing empty directory.
        progress: called after each part.

    Raises:
        StageError: an artifact is missing or cannot be read.
    """
    figures = out / "figures"
    figures.mkdir()
    shutil.copyfile(inputs.rare_poses / "rare_poses.csv", out / "rare_poses.csv")
    run = Run(inputs)
    dresser = Dresser(load_body(_body(run)), settings.tile_px)
    progress(1, _PARTS)
    rare = build_rare(run, settings, figures)
    progress(2, _PARTS)
    bodies = build_bodies(run, dresser, settings, figures)
    progress(3, _PARTS)
    strips = build_strips(run, dresser, settings, figures)
    progress(4, _PARTS)
    translation = build_translation(run, settings, figures)
    progress(5, _PARTS)
    results = build_results(run, figures)
    progress(6, _PARTS)
    tail = build_tail(run, settings, out)
    progress(7, _PARTS)
    page = {
        "title": inputs.title,
        "headline": build_headline(run, bodies, translation, results),
        "rare": rare,
        "bodies": bodies,
        "strips": strips,
        "hero": pairs_of(strips),
        "strip_columns": COLUMNS,
        "translation": translation,
        "augmented": build_augmented(run),
        "tail": tail,
        "results": results,
        "before_after": build_before_after(run, results, settings, figures),
        "left_out": build_left_out(run),
        "timings": inputs.timings,
        "configuration": json.dumps(inputs.configuration, indent=2) if inputs.configuration else "",
        "people": {split: len(table) for split, table in run.tables.items()},
    }
    progress(8, _PARTS)
    (out / "report.html").write_text(render_page(page), encoding="utf-8")
    progress(_PARTS, _PARTS)


def _body(run: Run) -> BodySettings:
    """The run's body model: from its configuration, which knows where files are, else by the name in the fits."""
    settings = (run.inputs.configuration or {}).get("body") or {"name": run.fits.body}
    return BodySettings.model_validate(settings)


def render_page(page: dict[str, Any]) -> str:
    """The page as HTML; a name that the template asks for and the page lacks is an error."""
    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined)
    environment.filters |= {"duration": duration, "signed": signed}
    environment.globals |= {"percent": percent}
    folder = resources.files("pipeline.report")
    template = environment.from_string((folder / "page.html").read_text(encoding="utf-8"))
    style = Markup((folder / "page.css").read_text(encoding="utf-8"))
    return template.render(style=style, **page)
