"""What a section of the page is made of. Imports nothing heavy: planning looks at it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.unit import Reads

if TYPE_CHECKING:
    from pipeline.config import Config

FOLDER = "pipeline.report.sections"


@dataclass(frozen=True)
class Section:
    """One section of the page.

    name: its anchor. The module of that name in `pipeline.report.sections` holds `build(run, built, settings, out)`: what the
        section shows as a record, or None where there is nothing to show; `built` holds the sections before it by name, figures
        go to `out/figures`. `sections/NAME.html` shows the record, which it knows as `it`.
    link, heading: its name among the links of the page's head; its title.
    reads: what it opens. wanted: whether the configuration asks for it. needs: stages without which it is left out.
    """

    name: str
    link: str
    heading: str
    reads: Callable[[Config], tuple[Reads, ...]]
    needs: tuple[str, ...] = ()
    wanted: Callable[[Config], bool] = lambda config: True

    @property
    def module(self) -> str:
        """The module that builds it."""
        return f"{FOLDER}.{self.name}"

    @property
    def template(self) -> str:
        """The template that shows it, beside the module."""
        return f"sections/{self.name}.html"


def union(reads: tuple[Reads, ...]) -> tuple[Reads, ...]:
    """One entry per stage and unit with the files of all."""
    found: dict[tuple[str, str | None], tuple[str, ...] | None] = {}
    for one in reads:
        key = (one.stage, one.unit)
        before = found.get(key, ())
        found[key] = None if before is None or one.files is None else tuple(sorted({*before, *one.files}))
    return tuple(Reads(stage, unit, files) for (stage, unit), files in found.items())
