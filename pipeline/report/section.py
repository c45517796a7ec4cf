"""What a section of the page is made of. Imports nothing heavy: planning looks at it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pipeline.unit import Reads


@dataclass(frozen=True)
class Section:
    """One section of the page.

    name: its anchor. The module of that name in `pipeline.report.sections` holds `build(run)`: what the section shows, by name,
        or None where there is nothing to show; `run.built` holds the sections before it. `sections/NAME.html` shows it as `it`.
    link, heading: its name among the links of the page's head; its title.
    opens: the files that it opens of `stage` or `stage/unit`, where the run has that stage.
    needs: stages without which there is no such section.
    """

    name: str
    link: str
    heading: str
    opens: Mapping[str, tuple[str, ...]]
    needs: tuple[str, ...] = ()

    @property
    def module(self) -> str:
        """The module that builds it."""
        return f"pipeline.report.sections.{self.name}"

    @property
    def template(self) -> str:
        """The template that shows it, beside the module."""
        return f"sections/{self.name}.html"


def union(sections: Iterable[Section]) -> dict[str, Reads]:
    """What the sections open together, by `stage` or `stage/unit`."""
    found: dict[str, set[str]] = {}
    for section in sections:
        for place, files in section.opens.items():
            found.setdefault(place, set()).update(files)
    return {
        place: Reads(stage, unit or None, tuple(sorted(files)))
        for place, files in found.items()
        for stage, _, unit in (place.partition("/"),)
    }
