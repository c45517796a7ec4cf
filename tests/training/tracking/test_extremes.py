"""Crowds, people who are the same twice, the shortest sequences, nobody: through the network, every tracker and the figures."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from smpl_assets.work import Bench
from tests.training.tracking.films import SKELETON, film, walker
from training.datasets.posetrack_sequences import read_sequences
from training.metrics.track_evaluation import evaluate_tracks
from training.tracking.combined import build_combined
from training.tracking.combined_settings import CombinedOptions
from training.tracking.decode_settings import DecodeSettings
from training.tracking.detect_stage import detect_people, truth
from training.tracking.evaluate_stage import evaluate_tracker
from training.tracking.film import Film
from training.tracking.live import LiveTracker
from training.tracking.network_file import COMBINED, FILE, GRAPH, REID, write_network
from training.tracking.pose_graph import PoseGraph
from training.tracking.reid import ReidNetwork
from training.tracking.settings import Poses, TrackSettings
from training.tracking.skeleton_limbs import limbs_of
from training.tracking.start import WEIGHTS
from training.tracking.table import LEARNT, TRACKERS
from training.tracking.track_stage import Row, Scores, track_films

SHIPPED = WEIGHTS / "tml_tiny.safetensors"
CROWD = 60
OPTIONS = {"tml": {"memory": 1}, "distance": {"memory": 1}}


def nobody(name: str, frames: int) -> Film:
    """Frames that are labelled, with no one in them."""
    made = film(name, frames=frames)
    empty = truth(replace(made.sequence, frames=(replace(made.sequence.frames[0], people=None),)))[0]
    return replace(made, sequence=replace(made.sequence, frames=tuple(replace(f, people=empty) for f in made.sequence.frames)))


def crowded() -> Film:
    """Six rows of ten who walk together."""
    places = [(12.0 + 22 * x, 20.0 + 30 * y) for y in range(CROWD // 10) for x in range(10)]
    return film("000001_mpii_val", [walker(at, (2, 0), 2, 0.2) for at in places], 2, (256, 224))


FILMS = (
    crowded(),
    film("000002_mpii_val", [walker((24, 18), (3, 0), 4)] * 2, 4),
    film("000003_mpii_val", frames=1),
    film("000004_mpii_val", frames=2),
    nobody("000005_mpii_val", 3),
    nobody("000006_mpii_val", 1),
)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the shipped network finds in the films and in the truth's place, and networks that have learnt nothing."""
    root = tmp_path_factory.mktemp("extremes")
    for name in ("tml", "own", "truth", *LEARNT):
        (root / name).mkdir()
    (root / "tml" / FILE).write_bytes(SHIPPED.read_bytes())
    options = CombinedOptions(input_size=(64, 64))
    card = {"options": options.model_dump(mode="json"), "keypoints": SKELETON.keypoints}
    write_network(root / "combined" / FILE, build_combined(limbs_of(SKELETON), options, 0).state_dict(), COMBINED, card)
    write_network(root / "appearance" / FILE, ReidNetwork().state_dict(), REID, {})
    write_network(root / "lighttrack" / FILE, PoseGraph(SKELETON).state_dict(), GRAPH, {"keypoints": SKELETON.keypoints})
    poses: tuple[Poses, ...] = ("own", "truth")
    for kind in poses:
        detect_people(FILMS, root / "tml", kind, 2, TrackSettings(), Bench(1, root / kind))
    return root


def tracked(made: Path, out: Path, tracker: str, poses: Poses) -> None:
    """One row through the stage `track`."""
    network = made / tracker if tracker in LEARNT else None
    row = Row(TRACKERS.load(tracker), OPTIONS.get(tracker, {}), network)
    track_films(FILMS, made / poses, row, Scores(), Bench(1, out))


@pytest.mark.parametrize("tracker", TRACKERS.own)
def test_every_tracker_gives_ids_that_are_each_somebody_s(made: Path, tmp_path: Path, tracker: str) -> None:
    tracked(made, tmp_path, tracker, "truth")
    found = read_sequences(tmp_path / "predictions" / "ap", predicted=True)[0]
    ids = [[f.people.ids.tolist() for f in s.frames if f.people is not None] for s in found]
    assert [[len(row) for row in rows] for rows in ids] == [[CROWD] * 2, [2] * 4, [2], [2] * 2, [0] * 3, [0]]
    assert all(len(set(row)) == len(row) for rows in ids for row in rows)
    assert sorted(ids[1][0]) == sorted(ids[2][0]) == [0, 1]
    judged = evaluate_tracks([f.sequence for f in FILMS[1:]], found[1:])
    assert judged.table(honest=True).recall[-1] == 100


@pytest.mark.parametrize("tracker", ["distance", "tml"])
def test_a_crowd_and_people_who_are_the_same_twice_keep_their_ids(made: Path, tmp_path: Path, tracker: str) -> None:
    tracked(made, tmp_path, tracker, "truth")
    evaluate_tracker([f.sequence for f in FILMS], tmp_path, None, Bench(1, tmp_path))
    found = json.loads((tmp_path / "metrics.json").read_text())["honest"]["sequences"]
    own = [found[f.sequence.name] for f in FILMS]
    assert [s["MOTA"][-1] for s in own] == [100, 100, 100, 100, None, None]
    assert own[0]["mAP"][-1] == pytest.approx(100)
    assert own[1]["people"]["HOTA"] == pytest.approx(100)


def test_what_the_network_itself_finds_goes_through_too(made: Path, tmp_path: Path) -> None:
    tracked(made, tmp_path, "tml", "own")
    evaluate_tracker([f.sequence for f in FILMS], tmp_path, None, Bench(1, tmp_path))
    found = json.loads((tmp_path / "metrics.json").read_text())["official"]
    assert found["frames"] == 2 + 4 + 1 + 2 + 3 + 1
    assert found["sequences"]["000003_mpii_val"]["MOTA"][-1] is None  # its only labelled frame is its last


@pytest.mark.parametrize("online", [True, False])
@pytest.mark.parametrize("frames", [0, 1, 2])
def test_a_live_tracker_on_the_shortest_sequences_and_nobody(online: bool, frames: int) -> None:
    tracker = LiveTracker.load(SHIPPED, options={"online": online})
    grey = [np.full((72, 96, 3), 128, np.uint8)] * frames
    assert [len(p) for p in tracker.track(grey)] == [0] * frames


def test_a_live_tracker_forgets_the_sequence_before_and_keeps_what_its_memory_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("training.tracking.live.KEPT", 4)
    decode = DecodeSettings(peak=0.05, least_joints=1, least_score=0.0)
    rng = np.random.default_rng(0)
    noise, grey = rng.integers(0, 255, (48, 64, 3), np.uint8), np.full((48, 64, 3), 128, np.uint8)
    tracker = LiveTracker.load(SHIPPED, options={"online": True, "birth": 0.0, "memory": 6}, decode=decode)
    ids = [next(tracker.track([noise])).ids.tolist()]
    for _ in range(2):
        found = list(tracker.track([noise, *[grey] * 6, noise, noise, noise]))
        assert found[0].ids.tolist() == ids[0]
        assert len(found[-1])
    tracker.start()
    assert tracker.step(noise).ids.tolist() == ids[0]
    assert len(tracker.step(noise))


@pytest.mark.parametrize("online", [True, False])
def test_a_live_tracker_with_more_than_fifty_people(online: bool) -> None:
    """Every bright cell counts as somebody."""
    decode = DecodeSettings(peak=0.05, least_joints=1, least_score=0.0)
    tracker = LiveTracker.load(SHIPPED, options={"online": online, "birth": 0.0}, decode=decode)
    rng = np.random.default_rng(0)
    found = list(tracker.track([rng.integers(0, 255, (96, 128, 3), np.uint8) for _ in range(3)]))
    assert min(len(p) for p in found) > 50
    assert all(len(set(p.ids.tolist())) == len(p) for p in found)
    assert all((p.ids >= 0).all() for p in found)
