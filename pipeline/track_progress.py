"""How far the tracking of a video is: a bar on a terminal, lines in a log."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn

LINE_SECONDS = 5.0


class TrackProgress:
    """Rate and time left, on stderr."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self._bars: Progress | None = None
        self._bar: TaskID | None = None
        self._total: int | None = None
        self._began = self._told = time.monotonic()

    @contextmanager
    def shown(self, total: int | None) -> Iterator[None]:
        """Show it; total: frames, None where nobody knows."""
        self._total, self._began = total, time.monotonic()
        self._told = self._began
        if not self.console.is_terminal:
            yield
            return
        rate, people = TextColumn("[cyan]{task.fields[rate]}"), TextColumn("[dim]{task.fields[people]}")
        times = (TimeElapsedColumn(), TimeRemainingColumn())
        bars = Progress(BarColumn(28), MofNCompleteColumn(), rate, *times, people, console=self.console, transient=True)
        with bars:
            self._bars, self._bar = bars, bars.add_task("", total=total, rate="", people="")
            yield
        self._bars = None

    def update(self, done: int, people: int) -> None:
        """So many frames are done, the last one with so many people."""
        now = time.monotonic()
        rate = done / (now - self._began) if now > self._began else 0.0
        if self._bars is not None and self._bar is not None:
            self._bars.update(self._bar, completed=done, rate=f"{rate:.1f}/s", people=f"{people} people")
        elif now - self._told >= LINE_SECONDS:
            self._told = now
            left = f"  {(self._total - done) / rate:.0f} s left" if self._total and rate and self._total > done else ""
            self.console.print(f"  {done}{f'/{self._total}' if self._total else ''} frames  {rate:.1f}/s{left}  {people} people")
