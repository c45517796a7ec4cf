import numpy as np

from tests.training.rarity.people import make_people, without
from training.rarity.normalise import complete, completion_source, normalise


def test_hidden_legs_come_back_about_where_they_were():
    whole = make_people(120)
    legs = [f"{side}_{j}" for side in ("left", "right") for j in ("knee", "ankle")]
    cut = without(whole, list(range(20)), legs)
    rows = np.arange(120)
    truth, poses = normalise(whole, "mpii", rows), normalise(cut, "mpii", rows)
    source = completion_source(poses.coordinates, poses.known, whole.skeleton)
    filled = complete(poses.coordinates, poses.known, source)
    assert (filled[poses.known] == poses.coordinates[poses.known]).all()
    error = np.linalg.norm(filled - truth.coordinates, axis=2)[~poses.known]
    corner = np.linalg.norm(truth.coordinates, axis=2)[~poses.known]
    assert error.mean() < 0.15 * corner.mean()


def test_place_in_the_crop_does_not_matter():
    people = make_people(40)
    poses = normalise(people, "mpii", np.arange(40))
    known = poses.known[:1].copy()
    known[0, people.skeleton.index("left_wrist")] = False
    source = completion_source(poses.coordinates, poses.known, people.skeleton)
    one = np.where(known[..., None], poses.coordinates[:1], 0.0).astype(np.float32)
    moved = np.where(known[..., None], one + 0.3, 0.0).astype(np.float32)
    np.testing.assert_allclose(complete(moved, known, source)[0], complete(one, known, source)[0] + 0.3, atol=1e-4)


def test_a_joint_that_nobody_has_takes_the_mean_and_nothing_known_is_the_mean_pose():
    people = make_people(30)
    people = without(people, list(range(30)), ["head_top"])
    poses = normalise(people, "mpii", np.arange(30))
    source = completion_source(poses.coordinates, poses.known, people.skeleton)
    nobody = np.zeros_like(poses.known[:1])
    filled = complete(np.zeros_like(poses.coordinates[:1]), nobody, source)
    np.testing.assert_allclose(filled[0], source.mean, atol=0.05)
    assert np.isfinite(complete(poses.coordinates, poses.known, source)).all()
