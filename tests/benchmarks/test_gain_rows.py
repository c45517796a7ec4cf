"""Rows of the gain benchmarks: which are chosen by name, and figures, differences and intervals of people made by hand."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks import gain_rows
from benchmarks.gain_rows import ALONE, ORACLE, SETS, Figures, Plot, compare, gain_parser, judged, report
from smpl_assets.pose_table import ImageTable, PoseTable
from smpl_assets.skeletons import get_skeleton
from tests.training.figures import standing, table_of
from training.metrics.pck import torso_lengths

ROWS = {"scratch": ("baseline", "asrp"), "start": ("baseline", "turn", "turn+asrp")}
USUAL, RARE = 4, 4


@pytest.fixture
def table() -> PoseTable:
    skeleton = get_skeleton("lsp14")
    points = np.repeat(standing(skeleton)[None] * 100, USUAL + RARE, 0)
    return table_of(skeleton, points, ImageTable.of([f"im{n}.jpg" for n in range(USUAL + RARE)]))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    (tmp_path / "lists").mkdir()
    for kind, numbers in (("usual", range(USUAL)), ("rare", range(USUAL, USUAL + RARE))):
        (tmp_path / SETS[kind]).write_text("\n".join(f"im{n}.jpg" for n in numbers))
    return tmp_path


def of(*seeds: list[float], joints: int = 10) -> Figures:
    """Correct joints per person of each training, all of `joints` counted."""
    correct = np.array(seeds, float)
    return Figures(correct, correct, np.full(correct.shape[1], float(joints)))


@pytest.mark.parametrize(
    ("names", "left"),
    [
        (["baseline"], {"scratch": ("baseline",), "start": ("baseline",)}),
        (["start/baseline"], {"start": ("baseline",)}),
        (["start/asrp+turn"], {"start": ("turn+asrp",)}),  # as the table spells it
        (["start/turn+asrp"], {"start": ("turn+asrp",)}),  # as the benchmark's source spells it
        (["turn", "scratch/asrp"], {"scratch": ("asrp",), "start": ("turn",)}),
        (["oracle: start/baseline", "staged/baseline"], {}),
    ],
)
def test_rows_are_chosen_by_recipe_or_by_their_name(names: list[str], left: dict[str, tuple[str, ...]]) -> None:
    assert Plot((), ROWS).only(names).rows == left


def test_rows_of_the_oracle_are_named_apart() -> None:
    oracle = Plot((ORACLE,), ROWS)
    assert oracle.only(["start/baseline"]).rows == {}
    assert oracle.only(["oracle: start/baseline"]).rows == {"start": ("baseline",)}
    assert oracle.only(["turn"]).changes == (ORACLE,)


def test_a_row_is_a_network_of_the_configuration() -> None:
    plot = Plot(("seed=3",), {"start": ("baseline", "turn")}, {"start": 'start = "shipped"'})
    assert plot.all_changes(["data.root=x"]) == [
        "data.root=x", "seed=3", 'train.networks.start={start = "shipped", variants=["baseline", "turn"]}',
    ]  # fmt: skip


def test_where_all_people_are_alike_the_interval_is_the_figure(table: PoseTable, data: Path) -> None:
    found = {"first": of([2] * 4 + [1] * 4), "second": of([5] * 4 + [4] * 4)}
    first, second = report(found, table, data)
    assert first["usual"] == {"pck": 20, "low": 20, "high": 20, "tolerant": 20, "seeds": [20]}
    assert second["usual"]["against"] == {"gain": 30, "low": 30, "high": 30}
    assert second["rare"]["pck"] == 40
    assert second["rare"]["against"] == {"gain": 30, "low": 30, "high": 30}
    assert "against" not in first["rare"]


def test_the_difference_is_drawn_person_by_person(table: PoseTable, data: Path) -> None:
    easy_and_hard = [9, 1, 8, 2]
    found = {"first": of(easy_and_hard * 2), "second": of([v + 1 for v in easy_and_hard] * 2)}
    second = report(found, table, data)[1]["rare"]
    assert second["high"] - second["low"] > 20  # people differ
    assert second["against"] == {"gain": 10, "low": 10, "high": 10}  # and each gains one joint of ten


def test_the_difference_is_to_the_row_that_is_named(table: PoseTable, data: Path) -> None:
    found = {"first": of([1] * 8), "second": of([5] * 8), "third": of([8] * 8)}
    first, second, third = report(found, table, data, "second")
    assert first["rare"]["against"]["gain"] == -40
    assert "against" not in second["rare"]
    assert third["rare"]["against"]["gain"] == 30


def test_trainings_are_drawn_too(table: PoseTable, data: Path) -> None:
    line = report({"first": of([2] * 8, [6] * 8), "second": of([5] * 8, [5] * 8)}, table, data)
    assert line[0]["usual"]["seeds"] == [20, 60]
    assert line[0]["usual"]["pck"] == 40
    assert (line[0]["usual"]["low"], line[0]["usual"]["high"]) == (20, 60)
    assert line[1]["usual"]["against"] == {"gain": 10, "low": -10, "high": 30}


def test_people_with_more_joints_count_for_more(table: PoseTable, data: Path) -> None:
    figures = replace(of([4, 0, 0, 0] * 2), counted=np.array([4.0, 2, 1, 1] * 2))
    assert report({"only": figures}, table, data)[0]["usual"]["pck"] == 50


def test_sides_that_may_be_mixed_up(table: PoseTable) -> None:
    skeleton, torso = table.skeleton, torso_lengths(table)[0]
    points = np.repeat(standing(skeleton)[None] * 100, len(table), 0)
    points[..., 0] += 4 * (points[..., 0] - 50)  # broad, so that a joint of the other side is no near miss
    table = replace(table, keypoints=points)
    torso = torso_lengths(table)[0]
    found = points.copy()
    found[1] = found[1][list(skeleton.flip)]  # left and right swapped
    wrist = skeleton.index("left_wrist")
    found[2, wrist, 1] += 0.21 * torso
    found[3, wrist, 1] += 0.19 * torso
    found[4] = np.nan  # nobody found this person
    figures = judged([found, points], table)
    assert figures.counted.tolist() == [14] * 8
    assert figures.correct[0].tolist() == [14, 2, 13, 14, 0, 14, 14, 14]  # neck and head top have no side
    assert figures.tolerant[0].tolist() == [14, 14, 13, 14, 0, 14, 14, 14]
    assert figures.correct[1].tolist() == [14] * 8


def test_a_person_is_mirrored_whole_or_not_at_all(table: PoseTable) -> None:
    skeleton = table.skeleton
    points = np.repeat(standing(skeleton)[None] * 100, len(table), 0)
    points[..., 0] += 4 * (points[..., 0] - 50)
    table = replace(table, keypoints=points)
    found = points.copy()
    for name in ("wrist", "elbow"):
        pair = [skeleton.index(f"{side}_{name}") for side in ("left", "right")]
        found[0, pair] = found[0, pair[::-1]]
    figures = judged([found], table)
    assert figures.correct[0, 0] == 10
    assert figures.tolerant[0, 0] == 10


def test_the_shipped_weights_alone_are_a_row_that_needs_no_training(
    table: PoseTable, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stages: list[str] = []
    monkeypatch.setattr(gain_rows, "made", lambda config, store, stage, changes: stages.append(stage))
    monkeypatch.setattr(gain_rows, "tested", lambda plan: table)
    monkeypatch.setattr(gain_rows, "found_by", lambda network, people, root: people.keypoints)
    parser = gain_parser(None)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--store", type=Path, default=tmp_path)
    args = parser.parse_args(["--data", str(data), "--rows", ALONE, "--json", str(tmp_path / "out.json")])
    compare((Plot((), ROWS),), args)
    assert stages == ["annotations"]
    (row,) = json.loads((tmp_path / "out.json").read_text())["rows"]
    assert row["row"] == ALONE
    assert row["rare"] == {"pck": 100, "low": 100, "high": 100, "tolerant": 100, "seeds": [100]}
    args.rows = "oracle: start/nothing"
    with pytest.raises(SystemExit, match="there is none of these"):
        compare((Plot((), ROWS),), args)
