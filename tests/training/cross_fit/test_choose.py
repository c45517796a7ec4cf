"""Who is chosen, worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from training.cross_fit.choose import choose
from training.cross_fit.orders import both_scores, tail_shares

RARITY = np.array([0.2, 2.0, 1.5, 0.1, 1.0])
ERROR = np.array([0.9, 0.1, 0.6, 0.2, 0.5])
EVERYBODY = np.ones(5, bool)


def test_shares_of_the_people_at_least_as_far_out() -> None:
    assert tail_shares(RARITY).tolist() == [0.8, 0.2, 0.4, 1.0, 0.6]
    assert tail_shares(np.array([1.0, 1.0, 0.0, 2.0])).tolist() == [0.75, 0.75, 1.0, 0.25]  # equal values share the larger one


def test_both_is_the_mean_of_the_two_shares_upside_down() -> None:
    assert tail_shares(ERROR).tolist() == [0.2, 1.0, 0.4, 0.8, 0.6]
    assert both_scores(RARITY, ERROR) == pytest.approx([2 / 1.0, 2 / 1.2, 2 / 0.8, 2 / 1.8, 2 / 1.2])


def test_errors_alone_take_the_worst_found_and_both_who_is_far_out_in_both() -> None:
    by_error = choose("error", RARITY, ERROR, EVERYBODY, 2)
    assert np.flatnonzero(by_error.people).tolist() == [0, 2]
    assert by_error.threshold == 0.6
    assert np.array_equal(by_error.score, ERROR)
    both = choose("both", RARITY, ERROR, EVERYBODY, 1)
    assert np.flatnonzero(both.people).tolist() == [2]  # neither the rarest (found well) nor the worst found (usual)
    assert both.threshold == pytest.approx(2.5)


def test_of_equal_errors_the_rarer_are_taken_and_never_more_than_are_wanted() -> None:
    choice = choose("error", RARITY, np.ones(5), EVERYBODY, 2)
    assert np.flatnonzero(choice.people).tolist() == [1, 2]


def test_who_may_not_be_chosen_neither_is_nor_counts_in_the_shares() -> None:
    eligible = np.array([True, False, True, True, False])
    error = np.where(eligible, ERROR, np.nan)
    choice = choose("both", RARITY, error, eligible, 9)
    assert np.array_equal(choice.people, eligible)  # fewer than are wanted: all of them
    assert np.array_equal(np.isnan(choice.score), ~eligible)
    assert choice.score[eligible] == pytest.approx(both_scores(RARITY[eligible], ERROR[eligible]))
    assert choice.threshold == np.nanmin(choice.score)
