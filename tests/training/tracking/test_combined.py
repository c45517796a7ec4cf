"""The combined tracker: its size, one region for both crops, training that goes on, a row of the table."""

import numpy as np
import pytest
import torch

from smpl_assets.errors import InputError
from smpl_assets.skeletons import SKELETONS
from smpl_assets.work import Bench
from tests.training.tracking.films import SKELETON, film, listing
from training.feeds.transforms import apply_affine
from training.tracking.combined import build_combined
from training.tracking.combined_fit import _tracks, train_unit
from training.tracking.combined_settings import CombinedOptions
from training.tracking.combined_track import COMBINED, load_combined
from training.tracking.common_crop import box_of, common_matrix
from training.tracking.detect_stage import truth
from training.tracking.method import Setting
from training.tracking.settings import TrackSettings
from training.tracking.skeleton_limbs import limbs_of

LIMBS = limbs_of(SKELETON)
TINY = {"steps": 4, "batch_size": 2, "input_size": (64, 64), "strides": (1, 2)}


class Cut(Exception):
    """Pulls the plug."""


def train(out, cut=None):
    def progress(done, total, **figures):
        if done == cut:
            raise Cut

    out.mkdir(exist_ok=True)
    settings = TrackSettings(combined=CombinedOptions(**TINY))
    train_unit([film()], settings, Bench(1, out, scratch=out / "scratch", progress=progress))
    return load_combined(out, SKELETON)


def test_it_has_almost_43_million_parameters():
    network = build_combined(LIMBS, CombinedOptions(system="combined_resnet50", input_size=(256, 192)), 0)
    assert sum(p.numel() for p in network.parameters()) == pytest.approx(42.9e6, rel=0.01)


def test_maps_have_a_quarter_of_the_crop_s_size():
    network = build_combined(LIMBS, CombinedOptions(), 0).eval()
    features = network.features(torch.zeros(2, 3, 128, 96))
    assert network.poses(features).shape == (2, 15, 32, 24)
    assert network.flows(features, features).shape == (2, 28, 32, 24)


def test_the_region_holds_both_people_with_the_crop_s_aspect():
    one, other = np.array([10.0, 10, 30, 60]), np.array([50.0, 20, 70, 70])
    matrix = common_matrix(one, other, (128, 96), 1.25)
    corners = apply_affine(matrix, np.array([[10.0, 10], [70, 70]]))
    assert (corners > 0).all()
    assert (corners < [96, 128]).all()
    assert np.diff(corners, axis=0)[0] == pytest.approx([96 / 1.25, 96 / 1.25])
    assert np.isnan(box_of(np.full((3, 2), np.nan))).all()


def test_a_training_that_was_cut_off_ends_as_one_that_was_not(tmp_path):
    whole = train(tmp_path / "a").state_dict()
    with pytest.raises(Cut):
        train(tmp_path / "b", cut=3)
    resumed = train(tmp_path / "b").state_dict()
    assert all(torch.equal(whole[name], resumed[name]) for name in whole)


def test_frames_that_a_file_does_not_list_count_between_those_it_does():
    some = listing(film(frames=9), (0, 1, 4, 8))
    found = _tracks([some], CombinedOptions(strides=(3, 4)))
    assert {(first, later) for _, first, _, later, _ in found} == {(0, 2), (1, 2), (2, 3)}
    assert len(found) == 6


def test_it_tracks_and_looks_at_candidates_alone(tmp_path):
    train(tmp_path)
    shown = film(frames=3)
    tracker = COMBINED.open(COMBINED.options(), Setting(SKELETON, tmp_path))
    people = list(tracker.track(shown.seen(truth(shown.sequence))))
    assert [p.ids.tolist() for p in people] == [[0, 1]] * 3
    seen = shown.seen(truth(shown.sequence))
    near = COMBINED.options(gate=0.1)
    score = COMBINED.open(near, Setting(SKELETON, tmp_path)).similarity(seen[0], seen[1])
    assert np.isinf(score).tolist() == [[False, True], [True, False]]


def test_a_file_of_other_people_or_none_is_refused(tmp_path):
    train(tmp_path)
    with pytest.raises(InputError, match="other joints than those of coco17"):
        load_combined(tmp_path, SKELETONS["coco17"])
    with pytest.raises(InputError, match="no such file, where a combined tracker should be"):
        load_combined(tmp_path / "no", SKELETON)
    with pytest.raises(InputError, match="needs its network"):
        COMBINED.open(COMBINED.options(), Setting(SKELETON))
