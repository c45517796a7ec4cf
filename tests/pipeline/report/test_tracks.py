"""The section about tracking, on made sequences in which `distance` swaps two people and `tml` does not."""

from __future__ import annotations

import dataclasses
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from pipeline.config import load_config
from pipeline.report.inputs import ReportInputs
from pipeline.report.run import Run
from pipeline.report.sections import tracks
from pipeline.report.settings import ReportSettings
from pipeline.report.stage import build_report
from pipeline.report.table import SECTIONS, asked_for
from pipeline.report.tracks.flow import colour_wheel, flow_colours, over_picture, strongest
from pipeline.report.tracks.names import name_people
from pipeline.report.tracks.rows import by_speed, track_rows
from pipeline.report.tracks.strips import around, filled
from pipeline.sources import CODE_ROOT
from smpl_assets.archive import ArchiveWriter, write_json
from smpl_assets.pictures import encode_jpeg
from smpl_assets.skeletons import get_skeleton
from smpl_assets.work import Bench
from tests.training.datasets.sequences import people, sequence
from training.datasets.posetrack_writer import write_predictions, write_sequence
from training.tracking.checkpoint import FILE, TrackerCard, save_tracker
from training.tracking.drawing import drawing_of
from training.tracking.evaluate_stage import evaluate_tracker
from training.tracking.network import build_network, reach_px
from training.tracking.network_settings import TmlOptions
from training.tracking.people import Sequence
from training.tracking.sequence_files import read_sequence
from training.tracking.skeleton_limbs import limbs_of
from training.tracking.train_settings import TmlTrainSettings

NAME = "000001_mpii_test"


def _walk(ids: list[list[int]], lost: tuple[int, ...] = (), hidden: tuple[int, ...] = ()) -> Sequence:
    """Two people pass one another; in the frames `lost` the second is not found, in those `hidden` it is filled in."""
    found = []
    for number, own in enumerate(ids):
        places = np.array([[20.0 + 12 * number, 20.0], [130.0 - 10 * number, 24.0]])
        there = people(places, own, height=70.0)
        keep = [0] if number in lost else [0, 1]
        fields = {f.name: getattr(there, f.name)[keep] for f in dataclasses.fields(there)}
        fields["visible"] = fields["visible"] & (np.array(keep) == 0)[:, None] if number in hidden else fields["visible"]
        found.append(dataclasses.replace(there, **fields))
    frames = sequence(found, NAME).frames
    return dataclasses.replace(sequence(found, NAME, facts={"moves": 0.17}), height=120, width=160, frames=frames)


def _truth() -> Sequence:
    return _walk([[0, 1]] * 8)


def _rows() -> dict[str, Sequence]:
    swapped = [[4, 5]] * 4 + [[5, 4]] * 4
    kept = [[2, 3]] * 8
    return {"distance": _walk(swapped), "tml": _walk(kept, lost=(4,)), "tml-refined": _walk(kept, hidden=(4,))}


@pytest.fixture(scope="module")
def artifacts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Path]]:
    root = tmp_path_factory.mktemp("tracks")
    data, network = root / "track_data", root / "track_train"
    (data / "sequences").mkdir(parents=True)
    network.mkdir()
    truth = _truth()
    write_sequence(truth, data / "sequences" / f"{NAME}.json")
    with ArchiveWriter(data / "frames.tar") as archive:
        for number, frame in enumerate(truth.frames):
            archive.add(frame.image, encode_jpeg(np.full((120, 160, 3), 60 + 15 * number, np.uint8), 90))
    skeleton, options, train = get_skeleton("posetrack15"), TmlOptions(), TmlTrainSettings()
    limbs = limbs_of(skeleton)
    card = TrackerCard(
        skeleton.name, skeleton.keypoints, limbs.names, options.model_dump(mode="json"), asdict(drawing_of(options, train)),
        train.input_size, train.strides, reach_px(options), "32", "nothing", "scratch",
    )  # fmt: skip
    save_tracker(network / FILE, build_network(limbs, options, 0), card)
    found: dict[str, dict[str, Path]] = {
        "track_data": {"validation-0": data}, "track_train": {"tml": network}, "track": {}, "track_evaluate": {}
    }  # fmt: skip
    read = [read_sequence(data / "sequences" / f"{NAME}.json")]
    for row, made in _rows().items():
        folder, judged = root / "track" / row, root / "track_evaluate" / row
        judged.mkdir(parents=True)
        write_predictions([made], folder / "predictions", 0.3)
        baseline = None if row == "distance" else root / "track" / "distance"
        evaluate_tracker(read, folder, baseline, Bench(0, judged))
        found["track"][f"own/{row}"], found["track_evaluate"][f"own/{row}"] = folder, judged
    tried = [{"joint": j / 10, "person": p, "MOTA": 40 - 30 * abs(j / 10 - 0.3) - 9 * p} for j in range(10) for p in (0.0, 0.4)]
    (root / "scores").mkdir()
    write_json(root / "scores" / "scores.json", {"joint": 0.3, "person": 0.0, "sequences": 12, "tried": tried})
    found["track"]["scores"] = root / "scores"
    return found


def test_the_section_shows_what_happened(artifacts: dict[str, dict[str, Path]], tmp_path: Path) -> None:
    (tmp_path / "figures").mkdir()
    shown = tracks.build(Run(ReportInputs(artifacts, {}), ReportSettings(), tmp_path))
    assert shown is not None
    [(title, rows)] = shown["tables"]
    assert title == "Poses of the network"
    assert [r.name for r in rows] == ["distance", "tml", "tml-refined"]
    assert rows[0].switches == 2
    assert rows[1].gain is not None
    assert rows[1].gain > 0
    assert shown["sequence"] == NAME
    assert [(row, swaps) for row, _, swaps in shown["names"]] == [("distance", 2), (shown["best"], 0)]
    for name in ("strip", "refined", "flow"):
        assert shown[name] is not None
    assert {p.name for p in (tmp_path / "figures").iterdir()} == {
        "track_strip.png",
        "track_refined.png",
        "track_flow.png",
        "scores.png",
    }


def test_the_page_holds_it(artifacts: dict[str, dict[str, Path]], tmp_path: Path) -> None:
    section = next(s for s in SECTIONS if s.name == "tracks")
    build_report(ReportInputs(artifacts, {}), (section,), ReportSettings(), Bench(0, tmp_path))
    page = (tmp_path / "report.html").read_text()
    assert "People kept apart over time" in page
    assert "distance: 2 swaps." in page
    assert page.count("<svg") == 3
    assert "<th>total</th><th>honest</th><th>MOTP</th>" in page
    assert "Network: tml_narrow, 2 temporal stages, learnt from nothing, started from nothing (scratch)." in page
    assert "joints above 0.3 of people above 0.0 count for MOTA, chosen on 12 training sequences" in page


def test_without_rows_there_is_no_section(tmp_path: Path) -> None:
    assert tracks.build(Run(ReportInputs({}, {}), ReportSettings(), tmp_path)) is None


@pytest.mark.parametrize(("enabled", "there"), [("true", True), ("false", False)])
def test_it_is_asked_for_where_trackers_are(enabled: str, there: bool) -> None:
    config = load_config(CODE_ROOT / "configs/demo.toml", [f"track.enabled={enabled}"])
    assert ("tracks" in [s.name for s in asked_for(config)]) == there


def test_a_swap_is_where_a_persons_track_changes() -> None:
    named = name_people(_truth(), _rows()["distance"])
    assert named.swaps == [4, 4]
    assert named.tracks == {0: [4] * 4 + [5] * 4, 1: [5] * 4 + [4] * 4}
    lost = name_people(_truth(), _rows()["tml"])
    assert (lost.swaps, lost.tracks[1][4], lost.present[1][4]) == ([], None, True)
    assert [line.label for line in lost.lines()] == ["person 1", "person 2"]


def test_the_frame_that_refinement_filled_is_found() -> None:
    rows = _rows()
    assert filled(rows["tml"], rows["tml-refined"]) == (4, 15)
    assert filled(rows["tml"], rows["tml"]) is None


def test_frames_around_one_stay_inside() -> None:
    assert around(20, 10, 6, 1) == [7, 8, 9, 10, 11, 12]
    assert around(20, 0, 6, 1) == [0, 1, 2, 3, 4, 5]
    assert around(4, 3, 6, 1) == [0, 1, 2, 3]


def test_rows_and_speeds_come_from_the_metrics() -> None:
    figures = {
        "MOTA": [50.0] * 15 + [50.0], "MOTP": [None] * 16, "precision": [1.0] * 16, "recall": [1.0] * 16, "mAP": [2.0] * 16,
        "people": {"HOTA": 1.0, "IDF1": 2.0, "switches": 3.0},
        "speeds": {"all": {"MOTA": 50.0, "gain": -1.0, "gain_interval": [-2.0, -0.5]}, "fast": {"MOTA": 40.0}},
    }  # fmt: skip
    both = {"official": figures, "honest": figures | {"MOTA": [44.0] * 16}}
    metrics = {"own/a": both, "truth/a": both}
    [row] = track_rows(metrics, "own")
    assert (row.groups, row.direction, row.motp) == ((50.0,) * 7, 2, None)
    assert (row.mota, row.honest) == (50.0, 44.0)
    assert by_speed(metrics, "own") == {"a": [None, None, 40.0]}


def test_flow_is_coloured_by_where_it_goes() -> None:
    flow = np.zeros((2, 1, 5))
    flow[:, 0, 1:] = np.array([[1, 0], [-1, 0], [0, 1], [0.5, 0]]).T
    colours = flow_colours(flow)[0].astype(int)
    assert colours[0].tolist() == [255, 255, 255]
    assert colours[1].tolist() == [255, 0, 0]
    assert colours[2].tolist() == [0, 255, 255]
    assert colours[4].tolist() == [255, 128, 128]
    wheel = colour_wheel(41)
    assert wheel[20, 40].tolist()[0] == 255
    assert wheel[0, 0].tolist() == [255, 255, 255]
    assert wheel[20, 39, 1] < 40  # right is red, as where flow goes to the right
    both = np.zeros((2, 2, 1, 1))
    both[1, 1] = -0.5
    assert strongest(both)[:, 0, 0].tolist() == [0.0, -0.5]
    assert over_picture(np.zeros((30, 45, 3), np.uint8), np.zeros((2, 7, 11)), 4).shape == (30, 45, 3)
