"""Detections and rows: kept and read again, true flow tells people apart, ground truth goes through."""

import json
from dataclasses import astuple, replace

import numpy as np
import pytest
import torch

from smpl_assets.errors import InputError, StageError
from smpl_assets.work import Bench
from tests.training.tracking.films import SKELETON, film, listing, walker
from training.datasets.posetrack_sequences import read_sequences
from training.tracking import scores_stage
from training.tracking.baselines.distance import DISTANCE
from training.tracking.checkpoint import load_tracker
from training.tracking.decode_settings import DecodeSettings
from training.tracking.detect_stage import detect, detect_people, labelled, truth
from training.tracking.detections import Detections, load_detections, save_detections
from training.tracking.evidence import StoredEvidence
from training.tracking.eye import Eye
from training.tracking.live import LiveEvidence, LiveTracker
from training.tracking.method import Setting
from training.tracking.network_settings import TmlOptions
from training.tracking.people import People
from training.tracking.score import flow_score, joint_fields
from training.tracking.scores_stage import choose_scores, read_scores
from training.tracking.settings import TrackSettings
from training.tracking.skeleton_limbs import limbs_of
from training.tracking.targets import Grid, limb_flow
from training.tracking.tml import TML
from training.tracking.track_stage import Row, Scores, track_film, track_films
from training.tracking.train_settings import TmlTrainSettings
from training.tracking.train_stage import train_tml

LIMBS = limbs_of(SKELETON)
PASSING = [walker((20, 18), (24, 0), 4), walker((80, 34), (-24, 0), 4)]


def true_flow(people, grid, apart):
    """S_T of ground-truth poses from the maps that the network should say."""
    found = []
    for first, second in zip(people, people[apart:], strict=False):
        points = [torch.tensor(p.keypoints[None], dtype=torch.float32) for p in (first, second)]
        fields = joint_fields(limb_flow(*points, LIMBS, grid, 4.0, 1.0)[0], "limbs", LIMBS)
        found.append(flow_score(first.keypoints, second.keypoints, fields, 4, 1.0))
    return tuple(found)


def ids(shown, found, options, folder):
    save_detections(folder / "a.npz", found)
    tracker = TML.open(TML.options.model_validate(options), Setting(SKELETON, evidence=StoredEvidence(folder)))
    return [f.people.ids.tolist() for f in track_film(shown, found, tracker).frames]


def test_true_flow_keeps_apart_whom_distance_swaps(tmp_path):
    shown = film(walkers=PASSING, frames=4)
    people = truth(shown.sequence)
    flow = {(("limbs", 2), n): true_flow(people, Grid(20, 24, 4), n) for n in (1, 2)}
    found = Detections(people, flow)
    assert ids(shown, found, {"alpha": 0.5}, tmp_path) == [[0, 1]] * 4
    assert ids(shown, found, {"alpha": 0.0}, tmp_path) != [[0, 1]] * 4


def test_flow_that_was_not_kept_is_said(tmp_path):
    shown = film(walkers=PASSING, frames=3)
    with pytest.raises(StageError, match="flow of limbs after stage the last, 1 frames apart"):
        ids(shown, Detections(truth(shown.sequence), {}), {}, tmp_path)
    with pytest.raises(InputError, match="needs a trained network"):
        TML.open(TML.options(), Setting(SKELETON))


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    out = tmp_path_factory.mktemp("trained")
    train = TmlTrainSettings(steps=2, batch_size=1, input_size=(64, 64), threads=1)
    train_tml([film()], TrackSettings(network=TmlOptions(heads=("limbs", "joints")), train=train), Bench(1, out))
    return out


def test_detections_come_back_and_live_flow_is_the_kept_one(trained, tmp_path):
    shown = film(frames=4, unlabelled=(2,))
    eye = Eye(load_tracker(trained / "network.safetensors"), DecodeSettings())
    given = truth(shown.sequence)
    found = detect(shown, eye, 2, given)
    save_detections(tmp_path / "a.npz", found)
    again = load_detections(tmp_path / "a.npz")
    assert [len(p) for p in again.people] == [2, 2, 0, 2]
    assert set(again.flow) == {((h, s), n) for h in ("limbs", "joints") for s in (1, 2) for n in (1, 2)}
    np.testing.assert_allclose(again.flow[("limbs", 2), 1][0], found.flow[("limbs", 2), 1][0], atol=1e-6)
    assert again.flow[("limbs", 2), 1][1].shape == (2, 0)
    live, seen = LiveEvidence(eye, 3), shown.seen(given)
    for frame in seen[:2]:
        live.saw(frame.number, eye.see(frame.image))
    kept = StoredEvidence(tmp_path)(seen[0], seen[1], "limbs", None)
    np.testing.assert_allclose(live(seen[0], seen[1], "limbs", None), kept, atol=1e-5)


def test_a_zoom_changes_places_back(trained):
    shown = film(frames=1)
    trained_tracker = load_tracker(trained / "network.safetensors")
    sight = Eye(trained_tracker, DecodeSettings(), height=160).see(shown.picture(0))
    assert sight.zoom == 2.0
    assert sight.state.shape[2:] == (40, 48)


def test_pictures_taller_than_those_learnt_from_are_scaled_down(trained):
    file, picture = trained / "network.safetensors", film(frames=1).picture(0)
    assert load_tracker(file).card.frame_height == round(picture.shape[0] * TmlTrainSettings().scale[1])
    tall = np.repeat(np.repeat(picture, 3, 0), 3, 1)
    sights = [LiveTracker.load(file, options={"online": True}).eye.see(p) for p in (tall, picture)]
    assert [s.zoom for s in sights] == [96 / 240, 1.0]
    assert LiveTracker.load(file, options={"online": True}, height=160).eye.see(tall).zoom == 160 / 240


def test_rows_write_both_files_of_every_sequence(trained, tmp_path):
    films, settings = [film("000001_mpii_val"), film("000002_mpii_val", frames=1)], TrackSettings()
    for name in ("detect", "row"):
        (tmp_path / name).mkdir()
    detect_people(films, trained, "truth", 2, settings, Bench(1, tmp_path / "detect"))
    track_films(films, tmp_path / "detect", Row(TML, {}), Scores(0.3, 0.4), Bench(1, tmp_path / "row"))
    file = tmp_path / "row" / "predictions" / "mota" / "000001_mpii_val.json"
    assert {a["track_id"] for a in json.loads(file.read_text())["annotations"]} == {0, 1}
    assert json.loads((tmp_path / "row" / "summary.json").read_text()) == {"frames": 7, "sequences": 2, "tracks": 4}


SPARSE = (1, 2, 3, 5, 6, 7)  # without labels: more in a row than a track may miss


def shown_alone(made):
    """The people of its labelled frames, and where they are."""
    shown = labelled(made.sequence)
    return [p for n, p in enumerate(truth(made.sequence)) if n in shown], shown


def test_on_the_truth_s_poses_trackers_are_shown_the_labelled_frames_alone(trained, tmp_path):
    (tmp_path / "detect").mkdir()
    standing = [walker((20, 18), (0, 0), 10), walker((65, 18), (0, 0), 10)]
    films, place = [film("000001_mpii_val", standing, frames=10, unlabelled=SPARSE)], tmp_path / "detect"
    detect_people(films, trained, "truth", 2, TrackSettings(), Bench(1, place))
    found = load_detections(place / "detections" / "000001_mpii_val.npz")
    assert found.shown == (0, 4, 8, 9)
    assert [m.shape for m in found.flow[("limbs", 2), 2]] == [(2, 2)] * 2
    for tracker, options in ((TML, {}), (TML, {"motion": 0.8}), (DISTANCE, {"memory": 0})):
        out = tmp_path / f"{options}"
        out.mkdir()
        track_films(films, place, Row(tracker, options), Scores(), Bench(1, out))
        frames = read_sequences(out / "predictions" / "mota", predicted=True)[0][0].frames
        assert [f.people.ids.tolist() for f in frames] == [[] if n in SPARSE else [0, 1] for n in range(10)]


def test_flow_between_labelled_frames_is_that_of_the_frames_themselves(trained, tmp_path):
    """As if the file listed the labelled ones alone; kept, read again, and asked for by their places."""
    made, eye = film(frames=9, unlabelled=SPARSE), Eye(load_tracker(trained / "network.safetensors"), DecodeSettings())
    people, shown = shown_alone(made)
    found = detect(made, eye, 2, truth(made.sequence), shown)
    alone = detect(listing(made, shown), eye, 2, tuple(people))
    assert alone.shown is None
    for key, matrices in alone.flow.items():
        np.testing.assert_array_equal(matrices, found.flow[key])
    save_detections(tmp_path / "a.npz", found)
    seen, stored = made.seen(found.people, found.shown), StoredEvidence(tmp_path)
    assert [(s.number, s.place) for s in seen] == [(0, 0), (4, 1), (8, 2)]
    np.testing.assert_allclose(stored(seen[1], seen[2], "limbs", None), found.flow[("limbs", 2), 1][1], atol=1e-6)
    np.testing.assert_allclose(stored(seen[0], seen[2], "limbs", None), found.flow[("limbs", 2), 2][0], atol=1e-6)


def test_where_every_frame_is_labelled_or_none_all_are_shown(trained, tmp_path):
    for unlabelled in ((), (0, 1, 2)):
        made = film(frames=3, unlabelled=unlabelled)
        found = detect(made, Eye(load_tracker(trained / "network.safetensors"), DecodeSettings()), 1, truth(made.sequence))
        assert labelled(made.sequence) is None
        save_detections(tmp_path / "a.npz", found)
        assert "shown" not in np.load(tmp_path / "a.npz").files
        tracker = DISTANCE.open(DISTANCE.options(), Setting(SKELETON))
        assert [len(f.people) for f in track_film(made, load_detections(tmp_path / "a.npz"), tracker).frames] == [
            len(p) for p in truth(made.sequence)
        ]


def test_motion_goes_by_frame_numbers_over_frames_that_are_not_shown():
    """Four numbers after two that follow each other: people are four ways on, and there they have changed places."""
    passing = [walker((20, 18), (9, 0), 6), walker((65, 18), (-9, 0), 6)]
    made = film(walkers=passing, frames=6, unlabelled=(2, 3, 4))
    people, shown = shown_alone(made)
    found = Detections(tuple(people), {}, shown)
    for motion, last in ((0.0, [1, 0]), (1.0, [0, 1])):
        tracker = DISTANCE.open(DISTANCE.options(memory=0, motion=motion), Setting(SKELETON))
        assert track_film(made, found, tracker).frames[5].people.ids.tolist() == last


def test_a_file_that_lists_some_frames_is_tracked_as_one_that_lists_all():
    """Its frames have the numbers of their names, whatever their first one is."""
    made = film(frames=12, walkers=[walker((10, 18), (9, 0), 12)])
    some, places = listing(made, (2, 3, 8)), (2, 3, 8)
    seen = some.seen(truth(some.sequence))
    assert [(s.number, s.place) for s in seen] == [(0, 0), (1, 1), (6, 2)]
    tracker = DISTANCE.open(DISTANCE.options(memory=0, motion=1.0), Setting(SKELETON))
    found = track_film(some, Detections(truth(some.sequence), {}), tracker)
    assert [f.people.ids.tolist() for f in found.frames] == [[0]] * 3
    for place, frame in zip(places, found.frames, strict=True):
        assert frame.image == f"a/{place}.jpg"


def surely(people, joint, person):
    return replace(people, joint_scores=np.full(people.joint_scores.shape, joint), scores=np.full(len(people), person))


@pytest.mark.parametrize(("given", "expected"), [({}, Scores(0.0, 0.6)), ({"joint_score": 0.1}, Scores(0.1, 0.6))])
def test_scores_that_count_are_chosen_on_training_sequences(trained, tmp_path, monkeypatch, given, expected):
    """Right people score .8 and 1, a ghost who is found in every frame .3 and .5: the least scores that leave it out."""
    shown = film(frames=4)
    right = [surely(p, 0.8, 1.0) for p in truth(shown.sequence)]
    ghosts = [surely(replace(p, keypoints=p.keypoints + 25), 0.3, 0.5) for p in right]
    both = tuple(People(*(np.concatenate(pair) for pair in zip(astuple(a), astuple(b), strict=True)))
                 for a, b in zip(right, ghosts, strict=True))  # fmt: skip
    monkeypatch.setattr(scores_stage, "detect", lambda *_: Detections(both, {}))
    choose_scores([shown], trained, TrackSettings(**given), Bench(1, tmp_path))
    assert read_scores(tmp_path) == expected
    tried = json.loads((tmp_path / "scores.json").read_text())["tried"]
    assert len(tried) == (7 if given else 70)
    assert max(t["MOTA"] for t in tried) == 100


def test_pictures_are_tracked_as_they_come(trained):
    shown = film(frames=4)
    pictures = [shown.picture(n) for n in range(4)]
    file = trained / "network.safetensors"
    online = LiveTracker.load(file, options={"online": True})
    at_once = [online.step(picture) for picture in pictures]
    online.start()
    again = list(online.track(pictures))
    assert [p.ids.tolist() for p in at_once] == [p.ids.tolist() for p in again]
    offline = LiveTracker.load(file)
    assert len(list(offline.track(pictures))) == 4
    with pytest.raises(InputError, match="online = true"):
        offline.step(pictures[0])
    seen = shown.seen(truth(shown.sequence))
    with pytest.raises(InputError, match="no flow of accumulated"):
        online.evidence(seen[0], seen[1], "accumulated", None)
