"""The `report` stage: one page that can be opened from the disk, its figures as files, and the list of rare poses."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from importlib import resources
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from pipeline.report.inputs import ReportInputs
from pipeline.report.opening import build_opening
from pipeline.report.run import Run
from pipeline.report.section import Section
from pipeline.report.settings import ReportSettings
from pipeline.report.words import duration, percent, signed
from smpl_assets.work import Bench


def build_report(inputs: ReportInputs, sections: Sequence[Section], settings: ReportSettings, bench: Bench) -> None:
    """Write `report.html`, `figures/*.png` and what the sections put beside the page (`rare_poses.csv`, ...) into `bench.out`.

    Args:
        inputs: the run's artifact directories.
        sections: in the order of the page; those whose artifacts are no part of the run, or that have nothing to show, are left
            out.
        settings: how much is shown.
        bench: told after each section.

    Raises:
        StageError: an artifact is missing or cannot be read.
    """
    (bench.out / "figures").mkdir(exist_ok=True)
    run = Run(inputs, settings, bench.out)
    possible = [s for s in sections if all(inputs.units(stage) for stage in s.needs)]
    for number, section in enumerate(possible, 1):
        shown = importlib.import_module(section.module).build(run)
        run.built |= {} if shown is None else {section.name: shown}
        bench.progress(number, len(possible))
    page = render_page(inputs.title, build_opening(run), [s for s in possible if s.name in run.built], run.built)
    (bench.out / "report.html").write_text(page, encoding="utf-8")


def render_page(title: str, opening: Any, sections: Sequence[Section], built: dict[str, Any]) -> str:
    """The page as HTML; a name that a template asks for and its record lacks is an error."""
    shown = [(s, Markup(render_template(s.template, it=built[s.name]))) for s in sections]
    return render_template("page.html", title=title, opening=opening, sections=shown)


def render_template(name: str, **values: Any) -> str:
    """One of the report's templates, which knows the page's style as `style`."""
    environment = Environment(
        loader=FunctionLoader(_text), autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined
    )
    environment.filters |= {"duration": duration, "signed": signed}
    environment.globals |= {"percent": percent, "style": Markup(_text("page.css"))}
    return environment.get_template(name).render(**values)


def _text(name: str) -> str:
    """A file of the report's package."""
    return (resources.files("pipeline.report") / name).read_text(encoding="utf-8")
