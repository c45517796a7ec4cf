"""Sequences at the edge of what evaluators are made for."""

import numpy as np
import pytest

from tests.training.datasets.sequences import people, sequence
from training.metrics.track_evaluation import evaluate_tracks


def test_more_people_than_anybody_tracks_and_all_in_one_place():
    places = np.full((60, 2), 100.0)
    frames = [people(places + n, list(range(60))) for n in range(3)]
    found = evaluate_tracks([sequence(frames)], [sequence(frames)]).to_json(honest=True)
    assert found["MOTA"][-1] == 100.0
    assert found["people"]["HOTA"] == pytest.approx(100.0)


@pytest.mark.parametrize("frames", [0, 1, 2])
def test_sequences_of_hardly_a_frame(frames):
    made = sequence([people(np.array([[100.0, 100.0]]), [0])] * frames)
    found = evaluate_tracks([made], [made]).to_json(honest=True)
    assert found["MOTA"][-1] == (100.0 if frames else None)


def test_an_id_for_every_frame():
    frames = [people(np.array([[100.0, 100.0], [300.0, 100.0]]) + n % 50, [2 * n, 2 * n + 1]) for n in range(300)]
    truth = [people(np.array([[100.0, 100.0], [300.0, 100.0]]) + n % 50, [0, 1]) for n in range(300)]
    found = evaluate_tracks([sequence(truth)], [sequence(frames)])
    assert found.people()["switches"] == 598
