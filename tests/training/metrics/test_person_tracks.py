"""HOTA, identity and CLEAR of whole people against TrackEval, which is installed for development only (`--no-deps trackeval`)."""

import dataclasses

import numpy as np
import pytest

from smpl_assets.skipped import Skipped
from tests.training.datasets.sequences import people, sequence
from tests.training.metrics.tracks import noisy
from training.metrics.hota import hota
from training.metrics.identity import identity
from training.metrics.person_clear import person_clear
from training.metrics.sums import total
from training.metrics.track_evaluation import evaluate_tracks
from training.metrics.track_frames import Objects, Tracks, joint_tracks, people_tracks
from training.metrics.track_pairs import pair_sequence


def _data(tracks: Tracks):
    return {
        "num_timesteps": len(tracks.frames), "num_gt_ids": tracks.truth_tracks, "num_tracker_ids": tracks.predicted_tracks,
        "num_gt_dets": sum(len(f.truth) for f in tracks.frames), "num_tracker_dets": sum(len(f.predicted) for f in tracks.frames),
        "gt_ids": [f.truth for f in tracks.frames], "tracker_ids": [f.predicted for f in tracks.frames],
        "similarity_scores": [f.similarity for f in tracks.frames],
    }  # fmt: skip


@pytest.mark.parametrize("similarity", ["joints", "oks"])
def test_figures_of_people_are_those_of_trackeval(similarity, capsys):
    metrics = pytest.importorskip("trackeval.metrics")
    theirs = metrics.HOTA(), metrics.Identity({"PRINT_CONFIG": False}), metrics.CLEAR({"PRINT_CONFIG": False})
    tracks = [people_tracks(pair_sequence(*noisy(seed), Skipped()), similarity) for seed in range(5)]
    nobody = sequence([people(np.zeros((0, 2)), [])] * 12)
    tracks += [people_tracks(pair_sequence(noisy(9)[0], nobody, Skipped()), similarity)]
    ours = total(map(hota, tracks)), total(map(identity, tracks)), total(map(person_clear, tracks))
    expected = [m.combine_sequences({str(i): m.eval_sequence(_data(t)) for i, t in enumerate(tracks)}) for m in theirs]
    curves = ours[0].curves()
    for name in ("HOTA", "DetA", "AssA", "LocA", "DetRe", "DetPr", "AssRe", "AssPr"):
        np.testing.assert_allclose(curves[name], expected[0][name], rtol=0, atol=1e-9)
    for name, value in ours[1].figures().items():
        assert value == pytest.approx(expected[1][name], abs=1e-9)
    own = ours[2].figures()
    names = {"switches": "IDSW", "fragments": "Frag", "misses": "CLR_FN", "false_positives": "CLR_FP", "mostly_tracked": "MT",
             "partly_tracked": "PT", "mostly_lost": "ML"}  # fmt: skip
    assert {n: own[n] for n in names} == {n: expected[2][theirs] for n, theirs in names.items()}
    assert own["switches"] > 0
    assert own["MOTA"] == pytest.approx(100 * expected[2]["MOTA"], abs=1e-9)
    assert own["MOTP"] == pytest.approx(100 * expected[2]["MOTP"], abs=1e-9)


def test_stored_figures_of_trackeval():
    """As above, without TrackEval: two people, the second misses frame 2 of 4, the first changes its id in frame 3."""
    ids = [([0, 1], [5, 6]), ([0, 1], [5, 6]), ([0, 1], [5]), ([0, 1], [7, 6])]
    number = {5: 0, 6: 1, 7: 2}
    frames = tuple(Objects(np.array(g), np.array([number[p] for p in q]), np.eye(2)[:, : len(q)]) for g, q in ids)
    tracks = Tracks(frames, 2, 3)
    curves = hota(tracks).curves()
    assert curves["DetA"][0] == pytest.approx(7 / 8)
    assert curves["AssA"][0] == pytest.approx((3 * 3 / 4 + 1 / 4 + 3 * 3 / 4) / 7)
    assert identity(tracks).figures()["IDF1"] == pytest.approx(2 * 6 / (8 + 7))
    counts = person_clear(tracks).figures()
    assert (counts["switches"], counts["fragments"], counts["misses"]) == (1, 1, 1)


def test_fragments_end_where_another_track_takes_over():
    order = [0, 0, 1, 0]
    frames = tuple(Objects(np.array([0]), np.array([p]), np.ones((1, 1))) for p in order)
    curves = hota(Tracks(frames, 1, 2), aligned=False).curves()
    assert curves["AssA"][0] == pytest.approx((3 * 3 / 4 + 1 * 1 / 4) / 4)
    assert curves["FragA"][0] == pytest.approx((2 * 2 / 4 + 1 / 4 + 1 / 4) / 4)


def test_joints_that_are_not_annotated_are_no_objects():
    truth, predicted = noisy(1)
    keypoints = [f.people.keypoints.copy() for f in truth.frames]
    for points in keypoints:
        points[:, 3] = np.nan
    frames = [
        dataclasses.replace(f, people=dataclasses.replace(f.people, keypoints=k))
        for f, k in zip(truth.frames, keypoints, strict=True)
    ]
    truth = dataclasses.replace(truth, frames=tuple(frames))
    tracks = list(joint_tracks(pair_sequence(truth, predicted, Skipped())))
    assert sum(len(f.truth) for f in tracks[3].frames) == 0
    found = evaluate_tracks([truth], [predicted]).to_json(honest=True)
    assert found["hota"]["HOTA"][3] is None
    assert found["hota"]["HOTA"][-1] == pytest.approx(np.mean([v for v in found["hota"]["HOTA"][:-1] if v is not None]))


def _places(*frames):
    """A sequence of one person, in frames with a place (x of the head); None: labelled, and nobody there."""
    return sequence(
        [people(np.array([[x, 100.0]]) if x is not None else np.zeros((0, 2)), [] if x is None else [0]) for x in frames]
    )


@pytest.mark.parametrize("further", [0, 1, 5])
def test_hota_of_frames_without_people_by_hand(further):
    """Found in frame 0, missed in 1, a ghost of the same track in 2, nobody on either side in the others.

    TP, FN, FP are 1 each, so DetA = 1/3; the one match has 1 more annotated and 1 more predicted frame, so AssA = 1/3, and
    HOTA = 1/3 for people and for each joint. PoseTrack21's kit adds all joints of the video as FP for each frame without people.
    """
    truth = _places(100.0, 100.0, *[None] * (1 + further))
    predicted = _places(100.0, None, 100.0, *[None] * further)
    found = evaluate_tracks([truth], [predicted])
    person = found.people()
    assert [person[n] for n in ("HOTA", "DetA", "AssA", "LocA")] == pytest.approx([100 / 3, 100 / 3, 100 / 3, 100])
    assert person["IDF1"] == pytest.approx(100 * 2 / 4)
    joints = found.to_json(honest=True)["hota"]
    for name in ("HOTA", "DetA", "AssA"):
        assert joints[name] == pytest.approx([100 / 3] * 16)
    assert joints["FragA"] == pytest.approx([100 / 3] * 16)


@pytest.mark.parametrize(("there", "seen"), [(100.0, None), (None, 100.0)])
def test_hota_where_one_side_is_empty_throughout(there, seen):
    found = evaluate_tracks([_places(there, there)], [_places(seen, seen)])
    assert [found.people()[n] for n in ("HOTA", "DetA", "IDF1")] == [0, 0, 0]
    both = evaluate_tracks([_places(100.0), dataclasses.replace(_places(there, there), name="000002_mpii_test")],
                           [_places(100.0), dataclasses.replace(_places(seen, seen), name="000002_mpii_test")])  # fmt: skip
    assert both.people()["DetA"] == pytest.approx(100 / 3)
    assert both.people()["AssA"] == pytest.approx(100)
