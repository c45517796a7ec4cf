import numpy as np
import pytest
import torch

from smpl_assets.skeletons import SKELETONS
from tests.training.conftest import PEOPLE
from training.feeds.crops import CropDataset, crop_mode
from training.feeds.feed import VisitSampler
from training.feeds.images import ImageStore
from training.recipes import recipe_of


def dataset(world, settings, variant="baseline", seed=0) -> CropDataset:
    recipe = recipe_of(variant)
    return CropDataset(world.samples(recipe, 1.0), world.images(recipe, settings), settings, seed, 100)


def test_each_pass_visits_every_sample_once_in_a_new_order(world, quick):
    data = dataset(world, quick())
    passes = [[data[p * PEOPLE + i].sample for i in range(PEOPLE)] for p in range(2)]
    assert sorted(passes[0]) == sorted(passes[1]) == list(range(PEOPLE))
    assert passes[0] != passes[1]


def test_an_item_depends_on_seed_and_visit_only(world, quick):
    a, b, other = dataset(world, quick(colour=0.2)), dataset(world, quick(colour=0.2)), dataset(world, quick(colour=0.2), seed=1)
    b[3]  # another order of access changes nothing
    for visit in (50, 0, 7):
        assert torch.equal(a[visit].image, b[visit].image)
        assert torch.equal(a[visit].keypoints, b[visit].keypoints)
    assert any(a[v].sample != other[v].sample for v in range(10))


def test_variants_share_order_and_augmentation_of_what_they_share(world, quick):
    base, more = dataset(world, quick()), dataset(world, quick(), "drp+asrpt")
    plain = [base[v] for v in range(len(base.samples))]
    mixed = [more[v] for v in range(len(more.samples))]
    shared = [m for m in mixed if m.sample < PEOPLE]
    assert [p.sample for p in plain] == [m.sample for m in shared]
    assert all(torch.equal(p.image, m.image) for p, m in zip(plain, shared, strict=True))


def test_joints_lie_on_their_colours(world, quick):
    """Left joints are drawn blue-green, right ones orange. In a mirrored crop all change sides, in a plain one none does."""
    data = dataset(world, quick(input_size=(192, 192)))
    names, mirrored = data.samples.skeleton.keypoints, []
    for visit in range(2 * PEOPLE):
        item = data[visit]
        points = {n: item.keypoints[0][names.index(n)] for n in names}
        assert points["left_shoulder"][0] > points["right_shoulder"][0]  # a front view stays one
        swapped = set()
        for name in ("left_wrist", "right_wrist", "left_ankle", "right_ankle"):
            x, y = (int(v) for v in points[name])
            if 0 <= x < 192 and 0 <= y < 192:
                red, _, blue = (int(v) for v in item.image[y, x])
                swapped.add((blue > red) != name.startswith("left"))
        assert len(swapped) == 1, visit
        mirrored += swapped
    assert 0.25 < np.mean(mirrored) < 0.75


def test_flipping_happens(world, quick):
    data = dataset(world, quick(scale_range=0.0, rotation_deg=0.0))
    plain = dataset(world, quick(scale_range=0.0, rotation_deg=0.0, flip=False))
    moved = [not torch.equal(data[v].image, plain[v].image) for v in range(2 * PEOPLE)]
    assert 0.25 < np.mean(moved) < 0.75


def angle_of(data, visit) -> float:
    """By how much the person's spine is turned, degrees."""
    item = data[visit]
    names = data.samples.skeleton.keypoints
    hips, shoulders = (
        item.keypoints[0][[names.index(f"left_{n}"), names.index(f"right_{n}")]].mean(0) for n in ("hip", "shoulder")
    )
    plain = data.samples.keypoints[item.sample]
    before = [plain[[names.index(f"left_{n}"), names.index(f"right_{n}")]].mean(0) for n in ("hip", "shoulder")]
    turn = np.arctan2(*(shoulders - hips).double().numpy()) - np.arctan2(*(before[1] - before[0]))
    return abs((np.rad2deg(turn) + 180) % 360 - 180)


def test_each_kind_of_people_has_its_own_rotation(world, quick):
    ranges = {"rotation_deg": 10.0, "rotation_rare_deg": 50.0, "rotation_synthetic_deg": 170.0}
    data = dataset(world, quick(rotation_probability=1.0, flip=False, **ranges), "asrp")
    seen: dict[str, list[float]] = {"usual": [], "rare": [], "synthetic": []}
    for visit in range(5 * len(data.samples)):
        sample = data[visit].sample
        kind = "synthetic" if not data.samples.real[sample] else "rare" if data.samples.rare[sample] else "usual"
        seen[kind].append(angle_of(data, visit))
    limits = {kind: max(angles) for kind, angles in seen.items()}
    assert 8 < limits["usual"] <= 10.001
    assert 35 < limits["rare"] <= 50.001
    assert 120 < limits["synthetic"] <= 170.001
    same = dataset(world, quick(rotation_probability=1.0, flip=False, rotation_deg=10.0), "asrp")
    assert max(angle_of(same, v) for v in range(len(same.samples))) <= 10.001


def test_half_of_a_body_fills_the_crop(world, quick):
    still = {"scale_range": 0.0, "rotation_deg": 0.0, "flip": False}
    whole, half = dataset(world, quick(**still)), dataset(world, quick(half_body=1.0, **still))
    names = whole.samples.skeleton.keypoints
    larger = 0
    for visit in range(PEOPLE):
        a, b = whole[visit].keypoints[0], half[visit].keypoints[0]
        hip, shoulder = names.index("left_hip"), names.index("left_shoulder")
        zoom = float((b[hip] - b[shoulder]).norm() / (a[hip] - a[shoulder]).norm())
        assert zoom > 0.9
        larger += zoom > 1.3
        inside = ((b >= 0) & (b <= 64)).all(1)
        assert inside[:11].all() or inside[11:].all()  # the upper or the lower joints of COCO
    assert larger > PEOPLE / 2


def test_what_a_cut_out_hides_is_still_supervised(world, quick):
    plain, hidden = dataset(world, quick()), dataset(world, quick(cutout=1.0))
    for visit in range(5):
        assert torch.equal(plain[visit].supervised, hidden[visit].supervised)
        assert torch.equal(plain[visit].keypoints, hidden[visit].keypoints)
        assert not torch.equal(plain[visit].image, hidden[visit].image)


def test_only_visible_joints_on_request(world, quick):
    samples = world.samples(recipe_of("baseline"), 1.0)
    samples.visible[:, :5] = False
    annotated = CropDataset(samples, ImageStore(world.image_root), quick(flip=False), 0, 100)
    visible = CropDataset(samples, ImageStore(world.image_root), quick(flip=False, supervise="visible"), 0, 100)
    assert annotated[0].supervised.all()
    assert torch.equal(annotated[0].visible, visible[0].supervised)
    assert visible[0].supervised[0].tolist() == [False] * 5 + [True] * 12


def test_a_bad_image_becomes_an_unsupervised_sample(world, quick, tmp_path):
    samples = world.samples(recipe_of("baseline"), 1.0)
    data = CropDataset(samples, ImageStore(tmp_path), quick(), 0, 100)
    item = data[0]
    assert item.bad == "no such image"
    assert not item.supervised.any()
    assert not item.image.any()
    samples.bbox_xywh[:, 2] = 0
    assert CropDataset(samples, ImageStore(world.image_root), quick(), 0, 100)[0].bad == "empty person box"


def test_the_sampler_splits_batches_between_devices():
    whole = VisitSampler(3, 8)
    parts = [VisitSampler(3, 8, rank, 2) for rank in (0, 1)]
    for epoch in (0, 5):
        for sampler in (whole, *parts):
            sampler.set_epoch(epoch)
        expected = list(range(epoch * 24, epoch * 24 + 24))
        assert list(whole) == expected
        a, b = (list(p) for p in parts)
        joined = [v for step in range(3) for v in a[step * 4 : step * 4 + 4] + b[step * 4 : step * 4 + 4]]
        assert joined == expected
        assert len(a) == len(parts[0]) == 12


@pytest.mark.parametrize(
    ("setting", "skeleton", "mode"),
    [("auto", "mpii16", "center"), ("auto", "coco17", "box"), ("box", "mpii16", "box"), ("center", "coco17", "center")],
)
def test_crop_mode(setting, skeleton, mode):
    assert crop_mode(setting, SKELETONS[skeleton]) == mode
