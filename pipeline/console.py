"""What a person sees of a run: progress bars on a terminal, plain lines in a log, errors with the next step."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console as RichConsole
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from pipeline.engine import Listener
from pipeline.unit import Stage
from smpl_assets.errors import RarePoseError

LINE_SECONDS = 5.0


@dataclass
class Pace:
    """How fast one unit goes, from its first report on: units wait for others, and training goes on where it was interrupted."""

    since: float
    at: int

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


class Console:
    """Writes to stderr, so that stdout stays what was asked for (tables, JSON)."""

    def __init__(self, quiet: bool = False) -> None:
        self.rich = RichConsole(stderr=True, highlight=False, soft_wrap=True)
        self.quiet = quiet

    def say(self, text: str) -> None:
        """One line."""
        if not self.quiet:
            self.rich.print(text)

    def error(self, error: RarePoseError) -> None:
        """What is wrong, and what to do."""
        self.rich.print("[bold red]error[/]", end=" ")
        self.rich.print(error.what, markup=False)
        if error.next_step:
            self.rich.print("  [bold]next[/]", end=" ")
            self.rich.print(error.next_step, markup=False)

    @contextmanager
    def stage(self, stage: Stage, units: list[str]) -> Iterator[Listener]:
        """Show a stage while its units are made."""
        count = f" ({len(units)} units)" if len(units) > 1 else ""
        if self.quiet:
            yield lambda unit, done, total, figures: None
        elif self.rich.is_terminal:
            with self._bars(stage, units) as listener:
                yield listener
        else:
            self.say(f"{stage.name}{count}: {stage.title}")
            yield self._lines(stage, units)

    def made(self, stage: Stage, units: int, seconds: float) -> None:
        """Say that a stage's units are finished."""
        count = f" ({units} units)" if units > 1 else ""
        self.say(f"[green]✓[/] [bold]{stage.name}[/]{count} [dim]{seconds:.1f} s[/]")

    @contextmanager
    def _bars(self, stage: Stage, units: list[str]) -> Iterator[Listener]:
        columns = (
            TextColumn("  [bold]{task.description}"),
            BarColumn(28),
            MofNCompleteColumn(),
            TextColumn("[cyan]{task.fields[rate]}"),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            TextColumn("[dim]{task.fields[figures]}"),
        )
        with Progress(*columns, console=self.rich, transient=True) as bars:
            tasks: dict[str, TaskID] = {}
            paces: dict[str, Pace] = {}

            def listener(unit: str, done: int, total: int, figures: dict[str, float]) -> None:
                now = time.monotonic()
                if unit not in tasks:
                    tasks[unit] = bars.add_task(_name(stage, units, unit), total=total, rate="", figures="")
                    paces[unit] = Pace(now, done)
                rate = paces[unit].text(done, now)
                bars.update(tasks[unit], completed=done, total=total, rate=rate, figures=_figures(figures))
                if done >= total:
                    bars.update(tasks[unit], visible=False)

            yield listener

    def _lines(self, stage: Stage, units: list[str]) -> Listener:
        paces: dict[str, Pace] = {}
        last: dict[str, float] = {}

        def listener(unit: str, done: int, total: int, figures: dict[str, float]) -> None:
            now = time.monotonic()
            pace = paces.setdefault(unit, Pace(now, done))
            if now - last.setdefault(unit, now) >= LINE_SECONDS:
                last[unit] = now
                reached = f"{_name(stage, units, unit)} {done}/{total}"
                parts = (reached, pace.text(done, now), pace.left(done, total, now), _figures(figures))
                self.say("  " + "  ".join(part for part in parts if part))

        return listener


def _name(stage: Stage, units: list[str], unit: str) -> str:
    """What a unit is called: by its stage alone where that has no other."""
    return stage.name if len(units) == 1 else f"{stage.name} {unit}"


def _figures(figures: dict[str, float]) -> str:
    return "  ".join(f"{name} {value:.4g}" for name, value in figures.items())
