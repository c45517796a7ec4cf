"""People of the augmented set in the combined tracker's training: which joints teach, and that they do."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from smpl_assets.errors import StageError
from smpl_assets.skeletons import SKELETONS
from smpl_assets.work import Bench
from tests.training.tracking.films import SKELETON, film
from training.recipes import recipe_of
from training.tracking.combined_fit import train_unit
from training.tracking.combined_people import PeopleFeed, read_people
from training.tracking.combined_settings import CombinedOptions
from training.tracking.combined_track import load_combined
from training.tracking.settings import TrackSettings

OPTIONS = CombinedOptions(steps=4, batch_size=8, input_size=(64, 64), strides=(1, 2), variant="drp+asrpt+wlcd")


@pytest.fixture(scope="module")
def people(world):
    return read_people(world.table, world.image_root, world.kinds, recipe_of(OPTIONS.variant))


def test_joints_are_taken_by_name_and_others_teach_nothing(people):
    feed = PeopleFeed(people, SKELETON, OPTIONS, 1)
    batch, own = feed(2), [feed._crops[16 + n] for n in range(8)]
    assert batch.images.shape == (8, 64, 64, 3)
    known = people.samples.skeleton.keypoints
    for column, name in enumerate(SKELETON.keypoints):
        given = batch.keypoints[:, 0, column]
        if name not in known:
            assert torch.isnan(given).all()
            continue
        row = known.index(name)
        for crop, place in zip(own, given, strict=True):
            there = bool(crop.supervised[0, row])
            torch.testing.assert_close(place, crop.keypoints[0, row] if there else torch.full((2,), torch.nan), equal_nan=True)
    assert batch.weight.tolist() == [float(c.weight) for c in own]
    assert len(set(batch.weight.tolist())) > 1  # wlcd
    assert {people.samples.kind[int(c.sample)] for n in range(6) for c in [feed._crops[n * 8]]} <= {"real", "translated"}
    torch.testing.assert_close(feed(2).keypoints, batch.keypoints, equal_nan=True)


def test_people_without_a_joint_of_the_films_are_refused(people):
    strange = replace(SKELETONS["posetrack15"], keypoints=tuple(f"tail_{n}" for n in range(15)))
    with pytest.raises(StageError, match="have no joint of"):
        PeopleFeed(people, strange, OPTIONS, 1)


class Cut(Exception):
    """Pulls the plug."""


def train(out, people, cut=None):
    def progress(done, total, **figures):
        if done == cut:
            raise Cut

    out.mkdir(exist_ok=True)
    feed = None if people is None else PeopleFeed(people, SKELETON, OPTIONS, 1)
    train_unit([film()], TrackSettings(combined=OPTIONS), Bench(1, out, scratch=out / "scratch", progress=progress), feed)
    return load_combined(out, SKELETON).state_dict()


def test_they_change_what_is_learnt_and_a_training_that_was_cut_off_ends_alike(people, tmp_path):
    films, both = (train(tmp_path / name, who) for name, who in (("films", None), ("both", people)))
    assert not torch.equal(films["pose.9.weight"], both["pose.9.weight"])
    with pytest.raises(Cut):
        train(tmp_path / "cut", people, cut=3)
    resumed = train(tmp_path / "cut", people)
    assert all(torch.equal(both[name], resumed[name]) for name in both)
    assert all(np.isfinite(v.numpy()).all() for v in both.values())
