"""What a log says of a run's progress."""

from __future__ import annotations

import io
import time

import pytest
from rich.console import Console as RichConsole

from pipeline.console import LINE_SECONDS, Console
from tests.pipeline.toy import STAGES


@pytest.fixture
def clock(monkeypatch) -> list[float]:
    """Time as the test sets it."""
    now = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    return now


def lines(reports: list[tuple[float, str, int]], clock: list[float]) -> list[str]:
    """The lines of a log for reports (seconds since the stage began, unit, items done of 100)."""
    console = Console()
    console.rich = RichConsole(file=io.StringIO(), highlight=False, width=120)
    begin = clock[0]
    for unit in ("one", "two"):
        console.begins(STAGES[0], unit, 2)
    for seconds, unit, done in reports:
        clock[0] = begin + seconds
        console.progress("numbers", unit, done, 100, {"loss": 0.5})
    return console.rich.file.getvalue().splitlines()[1:]


def test_a_unit_s_time_counts_from_its_own_first_report(clock):
    waited = lines([(0, "one", 1), (6, "one", 61), (300, "two", 1), (302, "two", 11), (310, "two", 51)], clock)
    assert waited == [
        "  numbers one 61/100  10.0/s  4 s left  loss 0.5",
        "  numbers two 51/100  5.0/s  10 s left  loss 0.5",
    ]


def test_what_an_interrupted_run_had_done_is_no_speed(clock):
    assert lines([(0, "one", 80), (LINE_SECONDS, "one", 85)], clock) == ["  numbers one 85/100  1.0/s  15 s left  loss 0.5"]


def test_without_progress_no_time_is_told(clock):
    assert lines([(0, "one", 5), (LINE_SECONDS, "one", 5)], clock) == ["  numbers one 5/100  loss 0.5"]
