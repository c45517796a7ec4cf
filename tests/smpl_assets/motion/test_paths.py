"""Paths that meet."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from smpl_assets.motion.paths import STEP_S, Ground, Pace, meeting_tracks
from smpl_assets.motion.track import Track

GROUND = Ground(2.0, 0.7)


def tracks(people: int, seed: int, leaving: float = 0.0, seconds: float = 8.0, **stop: float) -> list[Track]:
    rng = np.random.default_rng(seed)
    paces = [Pace(1.3 + 0.2 * i, 0.6, **stop) for i in range(people)]
    return meeting_tracks(GROUND, paces, seconds, np.full(people, leaving), rng, 1.0, 2.0)


@pytest.mark.parametrize("seed", range(4))
def test_everybody_passes_everybody_and_nobody_walks_through_another(seed: int) -> None:
    found = tracks(4, seed)
    for a, b in itertools.combinations(found, 2):
        sides = np.sign(a.place[:, 0] - b.place[:, 0])
        apart = np.linalg.norm(a.place - b.place, axis=1)
        if np.sign(a.place[0, 0]) != np.sign(b.place[0, 0]):
            assert (np.diff(sides) != 0).any()
            assert apart.min() < 1.5
        assert apart.min() > 0.25


def test_paths_are_smooth_and_stay_before_the_camera() -> None:
    for track in tracks(5, 1):
        assert np.abs(track.place[:, 1]).max() < 2.2 * GROUND.half_depth
        step = np.linalg.norm(np.diff(track.place, axis=0), axis=1)
        assert np.abs(step - track.speed[1:] * STEP_S).max() < 0.06  # but for a step aside
        assert np.abs(np.diff(track.heading)).max() <= (track.speed.max() / 0.6) * STEP_S + 1e-9
        assert np.abs(np.diff(track.speed)).max() <= 3 * STEP_S + 1e-9


def test_who_turns_outside_leaves_and_comes_back() -> None:
    def outside(share: float) -> float:
        return float(np.mean([(np.abs(t.place[:, 0]) > GROUND.half_width).mean() for t in tracks(4, 2, share, 12.0)]))

    assert outside(1.0) > outside(0.0) + 0.1


def test_who_stops_stands_still_for_the_pause_and_goes_on() -> None:
    track = tracks(2, 3, stop=2.0, pause=2.0)[0]
    still = track.times[track.speed == 0]
    assert still[0] >= 2.0
    assert still[-1] <= 4.0 + STEP_S
    assert still[-1] - still[0] > 1.2
    assert track.speed[track.times > 5].min() > 0.3
    held = track.place[(track.times > still[0]) & (track.times < still[-1])]
    assert np.ptp(held, axis=0).max() < 1e-9


def test_times_between_steps_are_interpolated() -> None:
    track = tracks(2, 0)[0]
    middle = 0.5 * (track.times[10] + track.times[11])
    assert track.place_at(np.array([middle]))[0] == pytest.approx(track.place[[10, 11]].mean(axis=0))
    assert track.travelled_at(track.times)[-1] == pytest.approx(
        np.linalg.norm(np.diff(track.place, axis=0), axis=1).sum(), rel=1e-2
    )
