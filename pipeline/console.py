"""What a person sees of a run: progress bars on a terminal, plain lines in a log, errors with the next step."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console as RichConsole
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.progress import Progress as RichProgress
from rich.text import Text

from pipeline.grid import mark
from pipeline.unit import Stage
from smpl_assets.errors import RarePoseError
from smpl_assets.progress import Progress

LINE_SECONDS = 5.0


@dataclass
class Pace:
    """How fast one unit goes, from its first report on: units wait for others, and training goes on where it was interrupted.

    since, at: time and items of that report. told: when a line last said so. bar: what shows it on a terminal.
    """

    since: float
    at: int
    told: float
    bar: TaskID | None = None

    def rate(self, done: int, now: float) -> float:
        """Items a second; 0 while that cannot be told."""
        return (done - self.at) / (now - self.since) if now - self.since > 0.5 else 0.0

    def text(self, done: int, now: float) -> str:
        """The rate as it is shown."""
        rate = self.rate(done, now)
        return f"{rate:.1f}/s" if rate else ""

    def left(self, done: int, total: int, now: float) -> str:
        """The time that the rest will take, as it is shown."""
        rate = self.rate(done, now)
        return f"{(total - done) / rate:.0f} s left" if rate else ""


@dataclass
class Shown:
    """A stage in progress: since when, how many units it makes, how fast each goes."""

    since: float
    units: int
    paces: dict[str, Pace] = field(default_factory=dict)


class Console:
    """Writes to stderr, so that stdout stays what was asked for (tables, JSON)."""

    def __init__(self, quiet: bool = False) -> None:
        self.rich = RichConsole(stderr=True, markup=False, highlight=False, emoji=False, soft_wrap=True)
        self.quiet = quiet
        self.stages: dict[str, Shown] = {}
        self._bars: RichProgress | None = None

    def say(self, text: str | Text) -> None:
        """One line, letter by letter: brackets in a path are no markup."""
        if not self.quiet:
            self.rich.print(text)

    def error(self, error: RarePoseError) -> None:
        """What is wrong, and what to do."""
        self.rich.print(Text.assemble(("error", "bold red"), " ", error.what))
        if error.next_step:
            self.rich.print(Text.assemble("  ", ("next", "bold"), " ", error.next_step))

    @contextmanager
    def live(self) -> Iterator[None]:
        """Show bars while a run goes on, on a terminal."""
        if self.quiet or not self.rich.is_terminal:
            yield
            return
        name, rate = _plain("  {task.description}", "bold"), _plain("{task.fields[rate]}", "cyan")
        bars = (name, BarColumn(28), MofNCompleteColumn(), rate, TimeElapsedColumn(), TimeRemainingColumn())
        figures = _plain("{task.fields[figures]}", "dim")
        with RichProgress(*bars, figures, console=self.rich, transient=True) as self._bars:
            yield
        self._bars = None

    @contextmanager
    def counting(self, name: str) -> Iterator[Progress]:
        """Shows how far work is that is no stage: what to call with `done`, `total` and figures."""
        self.stages[name] = Shown(time.monotonic(), 1)

        def progress(done: int, total: int, **figures: float) -> None:
            self.progress(name, name, done, total, figures)

        yield progress
        del self.stages[name]

    def begins(self, stage: Stage, unit: str, units: int) -> None:
        """A unit begins; of its stage, `units` are to be made."""
        if stage.name not in self.stages:
            self.stages[stage.name] = Shown(time.monotonic(), units)
            if self._bars is None:
                self.say(f"{stage.name}{_count(units)}: {stage.title}")

    def progress(self, stage: str, unit: str, done: int, total: int, figures: dict[str, float]) -> None:
        """How far a unit is."""
        shown, now = self.stages.get(stage), time.monotonic()
        if shown is None or self.quiet:
            return
        pace = shown.paces.setdefault(unit, Pace(now, done, now))
        name = stage if shown.units <= 1 else f"{stage} {unit}"
        if self._bars is not None:
            if pace.bar is None:
                pace.bar = self._bars.add_task(name, total=total, rate="", figures="")
            rate, figure = pace.text(done, now), _figures(figures)
            self._bars.update(pace.bar, completed=done, total=total, rate=rate, figures=figure, visible=done < total)
        elif now - pace.told >= LINE_SECONDS:
            pace.told = now
            parts = (f"{name} {done}/{total}", pace.text(done, now), pace.left(done, total, now), _figures(figures))
            self.say("  " + "  ".join(part for part in parts if part))

    def ended(self, stage: str, unit: str) -> None:
        """A unit is made, or failed."""
        shown = self.stages.get(stage)
        pace = shown.paces.get(unit) if shown else None
        if self._bars is not None and pace is not None and pace.bar is not None:
            self._bars.update(pace.bar, visible=False)

    def made(self, stage: str, units: int) -> None:
        """A stage's units are finished."""
        shown = self.stages.pop(stage, None)
        if shown is not None:
            took = (f"{time.monotonic() - shown.since:.1f} s", "dim")
            self.say(Text.assemble(mark("ok", self.rich.encoding), " ", (stage, "bold"), _count(units), " ", took))


def _plain(text: str, style: str) -> TextColumn:
    """A column of a bar whose text is no markup."""
    return TextColumn(text, style=style, markup=False)


def _count(units: int) -> str:
    return f" ({units} units)" if units > 1 else ""


def _figures(figures: dict[str, float]) -> str:
    return "  ".join(f"{name} {value:.4g}" for name, value in figures.items())
