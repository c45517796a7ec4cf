"""Pairs of frames: what is drawn, from the seed and the visit alone, both frames alike."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from smpl_assets.errors import StageError
from tests.training.tracking.films import SKELETON, film, listing
from training.tracking.pairs import Pairs, Visits, collate, same_rows
from training.tracking.people import UNTRACKED
from training.tracking.train_settings import TmlTrainSettings
from training.tracking.train_stage import movements

PLAIN = {"rotation_deg": 0.0, "flip": False, "colour": 0.0, "noise": 0.0, "scale": (1.0, 1.0), "input_size": (64, 64)}


def pairs(films, seed=1, **settings):
    return Pairs(films, SKELETON, 4, TmlTrainSettings(**PLAIN | settings), seed)


def ways(pair):
    """How far each person's first joint goes."""
    return (pair.keypoints[1, :, 0] - pair.keypoints[0, :, 0])[:, 0].numpy().round(3)


def test_a_visit_is_the_same_whoever_asks_and_differs_from_the_next():
    one, other = pairs([film()], strides=(1, 5)), pairs([film()], strides=(1, 5))
    torch.testing.assert_close(one[3].images, other[3].images)
    assert not torch.equal(one[3].keypoints, one[4].keypoints)
    assert not torch.equal(one[3].keypoints, pairs([film()], seed=2, strides=(1, 5))[3].keypoints)


def test_strides_and_both_directions_of_time_are_drawn():
    data = pairs([film()], strides=(1, 3))
    seen = {abs(float(ways(data[v])[0])) for v in range(60)}
    assert seen == {3.0, 6.0, 9.0}
    forwards = [float(ways(data[v])[0]) > 0 for v in range(60)]
    assert 15 < sum(forwards) < 45
    assert all(float(ways(pairs([film()], strides=(1, 3), reversed=0.0)[v])[0]) > 0 for v in range(20))


def test_pixels_and_joints_land_together_in_both_frames():
    data = pairs([film()], strides=(2, 2), rotation_deg=30.0, flip=True, scale=(0.8, 1.2))
    checked = 0
    for visit in range(8):
        pair = data[visit]
        for image, keypoints in zip(pair.images.numpy(), pair.keypoints.numpy(), strict=True):
            for x, y in keypoints[:, 13]:  # a dot of its own colour
                if 4 < x < 60 and 4 < y < 60:
                    near = image[int(y) - 2 : int(y) + 3, int(x) - 2 : int(x) + 3].astype(int)
                    assert np.abs(near - 90).max() > 60
                    checked += 1
    assert checked > 8


def test_unlabelled_frames_are_no_pair_and_numbers_count_not_places():
    some = film(frames=7, unlabelled=(1, 2, 3, 5))
    data = pairs([some], strides=(1, 4))
    assert {abs(float(ways(data[v])[0])) for v in range(40)} == {6.0, 12.0}  # frames 0-4, 4-6
    with pytest.raises(StageError, match="no pair of labelled frames 1 to 1 apart"):
        pairs([film(frames=4, unlabelled=(1, 3))], strides=(1, 1))


def test_a_file_that_lists_its_labelled_frames_alone_has_the_pairs_of_one_that_lists_all():
    every = film(frames=9, unlabelled=(1, 2, 3, 5, 6, 7))
    some = listing(every, (0, 4, 8))
    one, other = (pairs([f], strides=(1, 5)) for f in (every, some))
    assert one.starts == [{4: [(0, 4), (4, 8)]}]
    assert other.starts == [{4: [(0, 1), (1, 2)]}]
    for visit in range(3):
        torch.testing.assert_close(one[visit].images, other[visit].images)
        torch.testing.assert_close(one[visit].keypoints, other[visit].keypoints, equal_nan=True)
    with pytest.raises(StageError, match="no pair of labelled frames 1 to 3 apart"):
        pairs([some], strides=(1, 3))
    settings = TmlTrainSettings(strides=(4, 4))
    np.testing.assert_array_equal(movements([some], settings), movements([every], settings))
    assert len(movements([some], settings)) > 1


@pytest.mark.parametrize(
    ("names", "numbers"),
    [
        (["s1/000004.jpg", "s1/000006.jpg", "s1/000007.jpg"], (0, 2, 3)),
        (["00000012_crop1.jpg", "00000016_crop1.jpg"], (0, 1)),  # the last number is the same one
        (["3.jpg", "1.jpg", "2.jpg"], (0, 1, 2)),
        (["a/first.jpg", "a/1.jpg"], (0, 1)),
        (["first.jpg"], (0,)),
        (["1690000000033.jpg", "1690000000066.jpg"], (0, 33)),
        (["1690000000100.jpg", "1690000000200.jpg", "1690000000301.jpg"], (0, 1, 2)),  # milliseconds
    ],
)
def test_frames_have_the_numbers_of_their_names_where_these_rise(names, numbers):
    sequence = film(frames=len(names)).sequence
    named = tuple(replace(f, image=name) for f, name in zip(sequence.frames, names, strict=True))
    assert replace(sequence, frames=named).numbers == numbers
    assert replace(sequence, frames=()).numbers == ()


def test_ignored_regions_and_what_is_outside_the_frame_do_not_count():
    left = np.array([[0.0, 0.0], [48, 0], [48, 80], [0, 80]])
    whole, part = pairs([film()], strides=(1, 1))[0], pairs([film(ignore=(left,))], strides=(1, 1))[0]
    assert part.counts.sum() < whole.counts.sum()
    assert not (part.counts & ~whole.counts).any()


def test_people_keep_their_rows_and_who_left_is_nan():
    both = film().sequence.frames
    first, second = both[0].people, both[1].people
    swapped = type(second)(**{n: getattr(second, n)[::-1] for n in second.__dataclass_fields__})
    np.testing.assert_allclose(same_rows(first, swapped)[1], second.keypoints)
    alone = type(second)(**{n: getattr(second, n)[1:] for n in second.__dataclass_fields__})
    assert np.isnan(same_rows(first, alone)[1, 0]).all()
    loose = type(second)(**{n: getattr(second, n) for n in second.__dataclass_fields__} | {"ids": np.full(2, UNTRACKED)})
    assert same_rows(first, loose).shape == (2, 4, 15, 2)


def test_batches_hold_pairs_of_different_crowds():
    data = pairs([film(), film("b", walkers=[np.tile([[[30.0, 30.0]]], (6, 15, 1))])], strides=(1, 1))
    batch = collate([data[v] for v in range(12)])
    assert batch.keypoints.shape == (12, 2, 2, 15, 2)
    assert batch.images.shape == (12, 2, 64, 64, 3)
    assert list(Visits(2, 4, 3)) == [6, 7, 8, 9, 10, 11]


def test_films_of_other_joints_are_refused():
    other = film()
    object.__setattr__(other.sequence, "joints", ("a", "b"))
    with pytest.raises(StageError, match="its joints are not those of posetrack15"):
        pairs([other])
