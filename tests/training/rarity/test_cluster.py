import numpy as np
import pytest
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score

from smpl_assets.errors import InputError
from training.rarity import cluster
from training.rarity.cluster import assign, fit_clusters, refine_clusters


def blobs(count=400, clusters=4, seed=0, spread=0.05):
    generator = np.random.default_rng(seed)
    centres = generator.random((clusters, 6, 2)).astype(np.float32)
    labels = generator.integers(clusters, size=count)
    return (centres[labels] + generator.normal(0, spread, (count, 6, 2))).astype(np.float32), labels


def test_finds_the_clusters_that_are_there():
    poses, labels = blobs()
    found = fit_clusters(poses, None, 4, 3, 0)
    nearest, distance = assign(poses, None, found.centres)
    assert adjusted_rand_score(nearest, labels) == 1.0
    np.testing.assert_allclose(distance**2, ((poses - found.centres[nearest]) ** 2).sum((1, 2)), rtol=1e-3)


def test_costs_no_more_than_scikit_learns():
    poses, _ = blobs(clusters=9, spread=0.3, count=1500)
    ours = fit_clusters(poses, None, 7, 10, 0).inertia
    theirs = KMeans(7, n_init=10, random_state=0).fit(poses.reshape(len(poses), -1)).inertia_ / len(poses)
    assert ours == pytest.approx(theirs, rel=0.005)


def test_masked_with_everything_known_is_plain_kmeans():
    poses, _ = blobs(spread=0.2)
    plain, masked = fit_clusters(poses, None, 4, 2, 1), fit_clusters(poses, np.ones((400, 6), bool), 4, 2, 1)
    np.testing.assert_allclose(plain.centres, masked.centres, atol=1e-4)


def test_masked_looks_at_known_joints_alone_and_scales_up():
    poses, labels = blobs()
    known = np.random.default_rng(1).random((400, 6)) > 0.3
    known[:, 0] = True
    seen = np.where(known[..., None], poses, 0.0).astype(np.float32)
    found = fit_clusters(seen, known, 4, 3, 0)
    nearest, distance = assign(seen, known, found.centres)
    assert adjusted_rand_score(nearest, labels) > 0.98
    by_hand = (((poses - found.centres[nearest]) ** 2).sum(2) * known).sum(1) * 6 / known.sum(1)
    np.testing.assert_allclose(distance, np.sqrt(by_hand), rtol=2e-3, atol=1e-3)


def test_same_seed_same_clusters_and_another_seed_may_differ():
    poses, _ = blobs(spread=0.4)
    assert (fit_clusters(poses, None, 6, 1, 3).centres == fit_clusters(poses, None, 6, 1, 3).centres).all()
    assert any((fit_clusters(poses, None, 6, 1, s).centres != fit_clusters(poses, None, 6, 1, 3).centres).any() for s in range(4))


def test_large_sets_are_clustered_from_a_sample_and_refined_on_all(monkeypatch):
    poses, labels = blobs(count=3000, spread=0.1)
    whole = fit_clusters(poses, None, 4, 3, 0)
    monkeypatch.setattr(cluster, "START_SAMPLE", 200)
    monkeypatch.setattr(cluster, "_CHUNK", 128)  # many chunks, so threads work
    sampled = fit_clusters(poses, None, 4, 3, 0)
    refined = refine_clusters(poses, None, sampled)
    assert adjusted_rand_score(assign(poses, None, refined.centres)[0], labels) > 0.99
    assert refined.inertia == pytest.approx(whole.inertia, rel=1e-4)
    assert (refine_clusters(poses, None, sampled).centres == refined.centres).all()


def test_identical_poses_do_not_stop_it():
    poses = np.ones((10, 6, 2), np.float32)
    found = fit_clusters(poses, None, 3, 1, 0)
    assert np.isfinite(found.centres).all()
    assert assign(poses, None, found.centres)[1].max() < 1e-3


def test_more_clusters_than_poses():
    with pytest.raises(InputError, match=r"clusters = 7.*there are 5") as caught:
        fit_clusters(np.zeros((5, 6, 2), np.float32), None, 7, 1, 0)
    assert "at most 5" in caught.value.next_step
