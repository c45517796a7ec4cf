"""Several networks in one run: accuracy against speed and size."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from pipeline.report.inputs import ReportInputs
from smpl_assets.archive import write_json
from training.recipes import Row

from .made.pages import build, changed, rewritten


@pytest.fixture
def two(inputs: ReportInputs, tmp_path: Path) -> ReportInputs:
    """The run's baseline and ASRP, and both again of a second network that is larger and slower."""
    stages: dict[str, dict[str, Path]] = {"train": {}, "evaluate": {}}
    for network, (parameters, seconds) in {"small": (812_545, 20.0), "large": (33_999_697, 100.0)}.items():
        for recipe in ("baseline", "asrp"):
            row = Row(network, recipe)
            names = {"variant": row.name, "network": network, "title": row.title}
            for stage, file in (("train", "summary.json"), ("evaluate", "metrics.json")):
                own = inputs.one(stage, recipe)
                stages[stage][row.name] = copy = tmp_path / "run" / stage / network / recipe
                copy.mkdir(parents=True)
                for other in own.iterdir():
                    (copy / other.name).write_bytes(other.read_bytes())
                content = json.loads((own / file).read_text()) | names
                if stage == "train":
                    content |= {"parameters": parameters, "passes": 10.0}
                elif content["against"]:
                    content["against"] = f"{network}/{content['against']}"
                write_json(copy / file, content)
                memory = {"process": round(30 * seconds)} | ({"gpu": 9000} if network == "large" else {})
                write_json(copy / "manifest.json", {"seconds": seconds, "memory": memory})
    return changed(inputs, **stages)


def words(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page[page.index('<section id="speeds"') :]))


def test_each_row_stands_with_its_size_and_its_speeds(two: ReportInputs, tmp_path: Path) -> None:
    page = build(two, tmp_path / "page", "speeds")
    metrics = json.loads((two.one("evaluate", "large/asrp") / "metrics.json").read_text())
    figures = metrics["metrics"][metrics["headline"]]
    people = metrics["columns"][0]["people"]
    cells = [f"{figures['values'][c]:.1f} {figures['low'][c]:.1f} to {figures['high'][c]:.1f}" for c in (1, 2)]
    speeds, memory = f"{10 * 72 / 100:.1f} {people / 100:.1f}", "3,000 and 9,000 of the GPU"
    row = f"{Row('large', 'asrp').title} 33,999,697 {speeds} {memory} {' '.join(cells)}"
    assert row in words(page)
    assert f"812,545 {10 * 60 / 20:.0f} {people / 20:.1f} 600 " in words(page)
    assert (tmp_path / "page" / "figures" / "speeds.png").stat().st_size > 5000


def test_without_times_there_is_the_table_alone(two: ReportInputs, tmp_path: Path) -> None:
    for stage in ("train", "evaluate"):
        for folder in two.folders(stage):
            (folder / "manifest.json").unlink()
    page = build(two, tmp_path / "page", "speeds")
    assert f"{Row('small', 'baseline').title} 812,545 – – – " in words(page)
    assert not (tmp_path / "page" / "figures" / "speeds.png").exists()


def test_one_network_is_held_against_nothing(inputs: ReportInputs, tmp_path: Path) -> None:
    assert 'id="speeds"' not in build(inputs, tmp_path / "page", "speeds")


def test_a_row_that_is_not_evaluated_is_left_out(two: ReportInputs, tmp_path: Path) -> None:
    evaluated = {name: folder for name, folder in two.units("evaluate").items() if name != "large/asrp"}
    page = build(changed(two, evaluate=evaluated), tmp_path / "page", "speeds")
    assert Row("large", "baseline").title in words(page)
    assert Row("large", "asrp").title not in words(page)


def test_where_no_metric_applies_the_page_has_no_speeds(two: ReportInputs, tmp_path: Path) -> None:
    def unmeasured(row: str, content: dict[str, Any]) -> None:
        content |= {"headline": "", "metrics": {"pck": {"not_applicable": "nobody's torso is annotated"}}}
        content["per_person"].pop("oks", None)
        content["per_person"].pop("pck", None)

    assert 'id="speeds"' not in build(rewritten(two, tmp_path / "run", unmeasured), tmp_path / "page")
