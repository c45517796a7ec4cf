import dataclasses

import numpy as np
import pytest

from smpl_assets.errors import InputError
from smpl_assets.skipped import Skipped
from tests.training.datasets.sequences import JOINTS, people, sequence
from training.metrics.head_sizes import BY_SEQUENCE, BY_SKELETON, BY_TRACK, head_sizes
from training.metrics.polygon import strictly_inside
from training.metrics.track_evaluation import evaluate_tracks
from training.metrics.track_pairs import HIGH_ID, REORDERED, SURPLUS, pair_sequence, pair_sequences
from training.tracking.people import UNTRACKED

PLACES = np.array([[100.0, 100.0], [300.0, 100.0]])


def _sequence(count=3, ids=(0, 1), **changes):
    return sequence([people(PLACES + 3 * n, list(ids)) for n in range(count)], **changes)


def _with(made, index, found):
    frames = list(made.frames)
    frames[index] = dataclasses.replace(frames[index], people=found)
    return dataclasses.replace(made, frames=tuple(frames))


def _renamed(made, name):
    return dataclasses.replace(made, frames=tuple(dataclasses.replace(f, image=name(f.image)) for f in made.frames))


def test_inside_is_inside_and_not_on_the_outline():
    square = np.array([[0.0, 0.0], [10.0, 0.0], [10.0, 10.0], [0.0, 10.0]])
    points = np.array([[5.0, 5.0], [0.0, 5.0], [10.0, 10.0], [11.0, 5.0], [np.nan, 1.0], [5.0, 0.0], [-3.0, 0.0]])
    assert strictly_inside(points, square).tolist() == [True, False, False, False, False, False, False]
    notched = np.array([[0.0, 0.0], [10.0, 0.0], [5.0, 5.0], [10.0, 10.0], [0.0, 10.0]])
    assert strictly_inside(np.array([[8.0, 5.0], [2.0, 5.0], [9.0, 0.5]]), notched).tolist() == [False, True, True]


def test_frames_are_paired_by_name_and_not_by_place():
    truth, noted = _sequence(), Skipped()
    backwards = dataclasses.replace(truth, frames=truth.frames[::-1])
    found = evaluate_tracks([truth], [backwards], noted=noted)
    assert found.table(honest=True).MOTA[-1] == 100.0
    assert noted.noted == {REORDERED: 1}


def test_frames_of_other_folders_are_paired_by_their_own_name():
    truth = _sequence()
    moved = _renamed(truth, lambda name: "elsewhere/" + name.rsplit("/", 1)[1].replace("jpg", "png"))
    assert evaluate_tracks([truth], [moved]).table(honest=True).MOTA[-1] == 100.0


def test_frames_that_are_missing_or_named_otherwise_are_refused():
    truth = _sequence()
    with pytest.raises(
        InputError, match="lack 1 of 3 labelled frames, the first is images/val/000001_mpii_test/000001"
    ) as caught:
        pair_sequence(truth, dataclasses.replace(truth, frames=(truth.frames[0], truth.frames[2])), Skipped())
    assert "write every frame" in caught.value.next_step
    with pytest.raises(InputError, match=r"lack 3 of 3 labelled frames.*they have.*frame_0000"):
        pair_sequence(truth, _renamed(truth, lambda name: name.replace("/00000", "/frame_0000")), Skipped())
    with pytest.raises(InputError, match="stands 2 times in the predictions"):
        pair_sequence(truth, dataclasses.replace(truth, frames=(*truth.frames, truth.frames[0])), Skipped())


def test_unlabelled_frames_may_be_missing_and_surplus_ones_are_told():
    truth, noted = _with(_sequence(), 1, None), Skipped()
    predicted = _sequence()
    pair_sequence(truth, dataclasses.replace(predicted, frames=(predicted.frames[0], predicted.frames[2])), noted)
    assert noted.noted == {}
    pair_sequence(dataclasses.replace(truth, frames=truth.frames[:1]), predicted, noted)
    assert noted.noted == {SURPLUS: 2}


def test_sequences_without_prediction_are_refused_and_surplus_ones_told():
    one, two = _sequence(), _sequence(name="000002_mpii_test")
    with pytest.raises(InputError, match="no prediction for 1 of 2 sequences: 000002_mpii_test; found 000001_mpii_test"):
        pair_sequences([one, two], [one], Skipped())
    noted = Skipped()
    assert len(pair_sequences([one], [one, two], noted)) == 1
    assert sum(noted.noted.values()) == 1


def test_people_without_tracks_and_foreign_joints_are_refused():
    truth = _sequence()
    with pytest.raises(InputError, match="people without a track in the predictions"):
        pair_sequence(truth, _with(truth, 0, people(PLACES, [0, UNTRACKED])), Skipped())
    foreign = dataclasses.replace(truth, joints=tuple(f"{j}_2" for j in JOINTS))
    with pytest.raises(InputError, match="no joint of PoseTrack's"):
        pair_sequence(truth, foreign, Skipped())


def test_ids_above_poseval_s_give_the_same_figures_and_are_told():
    noted = Skipped()
    found = evaluate_tracks([_sequence()], [_sequence(ids=(10_000, 70_000))], noted=noted)
    assert found.table(honest=False).MOTA[-1] == 100.0
    assert noted.noted == {HIGH_ID: 2}


def test_joints_outside_the_picture_count_as_any():
    far = sequence([people(PLACES - 150 + n, [0, 1]) for n in range(3)])
    assert evaluate_tracks([far], [far]).table(honest=False).MOTA[-1] == 100.0


@pytest.mark.parametrize("box", [np.full(4, np.nan), np.zeros(4)], ids=["missing", "empty"])
def test_heads_without_boxes(box):
    made, noted = _sequence(), Skipped()
    first = made.frames[0].people
    heads, keypoints = first.head_boxes.copy(), first.keypoints.copy()
    heads[0] = box
    sizes = head_sizes(_with(made, 0, dataclasses.replace(first, head_boxes=heads)), noted)
    assert sizes[0].tolist() == pytest.approx([16.0, 0.6 * np.hypot(16, 16)])
    assert noted.noted == {BY_SKELETON: 1}
    keypoints[0, JOINTS.index("head_top")] = np.nan
    noted = Skipped()
    headless = dataclasses.replace(first, head_boxes=heads, keypoints=keypoints)
    sizes = head_sizes(_with(made, 0, headless), noted)
    assert sizes[0][0] == pytest.approx(0.6 * np.hypot(16, 16))
    assert noted.noted == {BY_TRACK: 1}
    noted = Skipped()
    head_sizes(_with(made, 0, dataclasses.replace(headless, ids=np.array([7, 1]))), noted)
    assert noted.noted == {BY_SEQUENCE: 1}
    nothing = dataclasses.replace(headless, head_boxes=np.tile(box, (2, 1)), keypoints=np.full_like(keypoints, np.nan))
    with pytest.raises(InputError, match="nobody has a head box"):
        head_sizes(sequence([nothing]), Skipped())


def test_regions_to_ignore_take_joints_and_people_of_both_sides():
    truth, region = _sequence(1), np.array([[0.5, 0.5], [200.5, 0.5], [200.5, 300.5], [0.5, 300.5]])
    frame = dataclasses.replace(truth.frames[0], ignore=(region,))
    pair = pair_sequence(dataclasses.replace(truth, frames=(frame,)), truth, Skipped()).frames[0]
    assert (pair.truth_ids.tolist(), pair.predicted_ids.tolist()) == ([1], [1])
    assert pair.peopled
