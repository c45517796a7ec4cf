"""Folds keep photographs and sequences together, hold about equally many people, and follow the seed."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from smpl_assets.errors import InputError
from smpl_assets.pose_table import ImageTable, PoseTable
from tests.training.rarity.people import make_people
from training.cross_fit.folds import draw_folds


def on_images(image: list[int], sequence: list[int]) -> PoseTable:
    """People on these images, of these sequences (-1: of none)."""
    table = make_people(len(image))
    frames = np.array(sequence, np.int64)
    images = ImageTable.of([f"{i}.jpg" for i in range(len(sequence))], sequence=frames, sequences=("a", "b", "c"))
    return dataclasses.replace(table, image=np.array(image, np.int64), images=images)


def test_nobody_of_one_photograph_or_one_sequence_stands_on_two_sides() -> None:
    table = on_images([0, 0, 1, 2, 3, 3, 4, 5], [-1, -1, 0, 0, 1, -1])
    for seed in range(20):
        fold = draw_folds(table, 3, seed)
        assert fold[0] == fold[1]  # one photograph
        assert fold[3] == fold[4] == fold[5]  # images 2 and 3 are of sequence a
        assert set(fold) == {0, 1, 2}


def test_a_photograph_is_not_taken_for_the_sequence_of_its_number() -> None:
    table = on_images([0, 1, 2], [-1, 0, 0])  # photograph 0 alone, sequence 0 on two
    assert all(fold[1] == fold[2] != fold[0] for fold in (draw_folds(table, 2, seed) for seed in range(20)))


def test_folds_are_about_equally_large_and_drawn_by_the_seed() -> None:
    rng = np.random.default_rng(0)
    table = on_images(rng.integers(0, 40, 200).tolist(), [-1] * 40)
    most = np.bincount(table.image).max()
    folds = [draw_folds(table, 3, seed) for seed in (1, 1, 2)]
    assert np.array_equal(folds[0], folds[1])
    assert not np.array_equal(folds[0], folds[2])
    assert all(np.ptp(np.bincount(fold, minlength=3)) <= most for fold in folds)


@pytest.mark.parametrize(
    ("table", "scenes"),
    [(on_images([0] * 6, [-1]), 1), (on_images([0, 1, 2, 3], [0, 0, 1, -1]), 3)],
    ids=["one photograph", "few"],
)
def test_more_folds_than_photographs_are_one_clear_error(table: PoseTable, scenes: int) -> None:
    with pytest.raises(InputError, match=rf"rare_poses.error.folds = 4.*on {scenes} photographs") as caught:
        draw_folds(table, 4, 0)
    assert "by" in caught.value.next_step
