"""Where a data set's annotators put joints, told from people that are the body itself with points elsewhere."""

import numpy as np
import pytest
import torch

from smpl_assets.body.anny_body import AnnyBody
from smpl_assets.body.protocol import load_body
from smpl_assets.body.settings import BodySettings, KeypointShifts
from smpl_assets.errors import InputError
from smpl_assets.inverse.annotators import measure_annotators
from smpl_assets.poses.pool import PosePool
from smpl_assets.poses.settings import PoolSettings
from smpl_assets.skeletons import SKELETONS
from tests.training.rarity.people import make_table


def annotated_by(shifts, count=4000, skeleton="lsp14", seed=3):
    """People in everyday postures, seen from far away, with some joints left out."""
    body, kind = AnnyBody(keypoints=shifts), SKELETONS[skeleton]
    sample = PosePool(PoolSettings()).sample(count, seed, usual_share=0.9)
    shape = torch.randn(count, body.shape_size, generator=torch.Generator().manual_seed(seed)).clamp(-2, 2)
    points = body.sparse_keypoints((kind,), sample.pose(shape))[0][kind.name][..., :2].numpy().astype(np.float64)
    keypoints = 300 + 200 * points + np.random.default_rng(seed).normal(0, 2, points.shape)
    annotated = np.random.default_rng(seed).random(keypoints.shape[:2]) > 0.02
    return make_table(keypoints, annotated, skeleton)


def test_shifts_are_found_again():
    shifts = KeypointShifts(hip_out=9.0, neck_up=-7.0)
    found = measure_annotators(annotated_by(shifts), load_body(BodySettings()))
    for name in ("hip_out", "neck_up"):
        assert found[name].percent == pytest.approx(getattr(shifts, name), abs=max(1.5, 3 * found[name].error)), name
        assert found[name].worth
    assert not found["shoulder_out"].worth
    assert found["hip_out"].people > 200
    assert 0 < found["hip_out"].error < 1.5


def test_who_annotates_like_the_body_has_nothing_to_configure():
    found = measure_annotators(annotated_by(KeypointShifts()), load_body(BodySettings()))
    assert not [name for name, shift in found.items() if shift.worth]


def test_heads_count_only_where_a_skeleton_has_them():
    found = measure_annotators(annotated_by(KeypointShifts(), skeleton="coco17"), load_body(BodySettings()))
    assert set(found) == {"hip_out", "shoulder_out", "shoulder_up"}


def test_few_upright_people_are_said_to_be_too_few():
    with pytest.raises(InputError, match=r"of 60 people stand upright"):
        measure_annotators(annotated_by(KeypointShifts(), count=60), load_body(BodySettings()))
