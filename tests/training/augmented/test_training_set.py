import numpy as np
import pytest

from smpl_assets.errors import StageError
from tests.training.conftest import PEOPLE, RARE, augmented
from tests.training.figures import make_people, make_scores
from training.feeds.transforms import person_region
from training.recipes import Recipe, recipe_of


@pytest.mark.parametrize(
    ("variant", "counts"),
    [
        ("baseline", (PEOPLE, 0, 0, 0)),
        ("wlcd", (PEOPLE, 0, 0, 0)),
        ("drp", (PEOPLE, 0, 0, RARE)),
        ("asrp", (PEOPLE, RARE, 0, 0)),
        ("asrpt", (PEOPLE, 0, RARE, 0)),
        ("drp+asrp+asrpt", (PEOPLE, RARE, RARE, RARE)),
    ],
)
def test_what_each_variant_sees(world, variant, counts):
    samples = world.samples(recipe_of(variant), 1.0)
    assert tuple(samples.counts()[k] for k in ("real", "render", "translated", "again")) == counts
    assert len(samples) == len(set(samples.key)) == sum(counts)


def test_drp_repeats_exactly_the_rare_people(world):
    samples = world.samples(recipe_of("drp"), 1.0)
    again = [k for k in samples.key if k.endswith("/again")]
    assert again == [f"real/{row}/again" for row in range(PEOPLE - RARE, PEOPLE)]
    assert np.array_equal(samples.keypoints[-1], samples.keypoints[PEOPLE - 1])


def test_coordinates_survive_the_file(world):
    table, samples = world.table, world.samples(Recipe(), 1.0)
    assert np.allclose(samples.keypoints, table.keypoints, atol=1e-3)
    assert np.allclose(samples.bbox_xywh, table.bbox_xywh, atol=1e-3)
    assert np.allclose(samples.center, table.center)
    assert np.allclose(samples.scale, table.scale)
    assert samples.skeleton == table.skeleton
    assert np.array_equal(samples.annotated, table.annotated)


def test_weights_apply_under_wlcd_only(world):
    assert (world.samples(recipe_of("asrp"), 1.0).weight == 1).all()
    weighted = world.samples(recipe_of("asrp+wlcd"), 1.0)
    expected = [1.1, 1.2, 1.3, 1.4, 1.5, 1.5]
    assert weighted.weight[PEOPLE - RARE : PEOPLE].tolist() == pytest.approx(expected)
    assert weighted.weight[PEOPLE:].tolist() == pytest.approx(expected)  # a synthetic person weighs as its source
    assert (weighted.weight[: PEOPLE - RARE] == 1).all()
    without = world.samples(recipe_of("asrp+wlcd"), 0.0)
    assert (without.weight[PEOPLE:] == 0).all()
    assert np.array_equal(without.weight[:PEOPLE], weighted.weight[:PEOPLE])


def test_mpii_region_of_synthetic_people_is_the_square_about_their_box(world):
    samples = world.samples(recipe_of("asrp"), 1.0)
    x, y, w, h = person_region(samples.bbox_xywh[-1], samples.center[-1], float(samples.scale[-1]), "center")
    box = samples.bbox_xywh[-1]
    assert w == pytest.approx(h) == pytest.approx(max(box[2:]))
    assert [x + w / 2, y + h / 2] == pytest.approx((box[:2] + box[2:] / 2).tolist())


def test_people_can_be_repeated_more_often(world):
    samples = world.samples(Recipe(again=2), 1.0)
    assert samples.counts()["again"] == 2 * RARE
    assert samples.key[-1] == f"real/{PEOPLE - 1}/again2"
    assert len(samples) == len(set(samples.key))


def test_a_recipe_without_its_samples_says_so(tmp_path):
    table = make_people(tmp_path / "images", 4)
    found = augmented(table, tmp_path, make_scores(4, 1), {"render": []})
    assert len(found.samples(recipe_of("drp"), 1.0)) == 5
    with pytest.raises(StageError, match="augment/render has no sample") as caught:
        found.samples(recipe_of("wlcd+asrp"), 1.0)
    assert "train.variants" in caught.value.next_step


def test_nobody_to_train_on(tmp_path):
    table = make_people(tmp_path / "images", 2)
    table.annotated[:] = False
    found = augmented(table, tmp_path, make_scores(2, 0), {})
    with pytest.raises(StageError, match="nobody has an annotated joint"):
        found.samples(Recipe(), 1.0)
    (found.kinds["real"] / "samples.npz").write_bytes(b"PK")
    with pytest.raises(StageError, match=r"samples\.npz: not a readable Samples file"):
        found.samples(Recipe(), 1.0)
