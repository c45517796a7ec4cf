"""The page of a run in which errors chose whom samples are made for."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from pipeline.report.inputs import ReportInputs

from .made.chosen import with_choice
from .made.pages import build


@pytest.mark.parametrize("by", ["error", "both"])
def test_the_page_shows_who_was_chosen_and_how_they_stand_to_the_rare_ones(inputs: ReportInputs, tmp_path: Path, by: str) -> None:
    run = with_choice(inputs, tmp_path / "made", by)
    page = build(run, tmp_path / "page", "rare", "choice")
    summary = json.loads((run.one("choice") / "summary.json").read_text())
    section = page.split('<section id="choice">', 1)[1]
    for name in ("in_both", "choice_alone", "rarity_alone"):
        assert f'<span class="n">{summary[name]:,}</span>' in section, name
    rules = re.findall(r"<td>(by [^<]*)</td><td>(\d+)</td>", section)
    names = ("by rarity", *(f"by {n}{' (chosen)' * (n == by)}" for n in ("error", "both")))
    assert rules == [(name, str(summary["chosen"])) for name in names]
    assert f"rare and chosen ({summary['in_both']})" in section
    assert "<svg" in section
    assert (tmp_path / "page/choice.csv").read_text() == (run.one("choice") / "choice.csv").read_text()
    assert {"choice.png", "choice_people.png"} <= {p.name for p in (tmp_path / "page/figures").iterdir()}
    assert f"<b>{summary['in_both']}</b> of these <b>{summary['chosen']} people</b> hold a rare pose" in page


def test_sections_behind_speak_of_the_chosen(inputs: ReportInputs, tmp_path: Path) -> None:
    run = with_choice(inputs, tmp_path / "made", "both")
    assert "rare people got a body" in build(inputs, tmp_path / "plain", "bodies")
    assert "chosen people got a body" in build(run, tmp_path / "page", "bodies")
    assert "Chosen poses were" in build(run, tmp_path / "more", "augmented")
