import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
import torchvision

from smpl_assets.errors import InputError
from style_transfer.domains import Domain
from style_transfer.kid import _mmd2, check_features, compare, extract, kid_x100
from tests.style_transfer.world import COCO, tiny


def people(seed: int, count: int = 12, shift: float = 0.0) -> Domain:
    rng = np.random.default_rng(seed)
    images = np.clip(rng.normal(127 + shift, 30, (count, 48, 48, 3)), 0, 255).astype(np.uint8)
    masks = np.zeros((count, 48, 48), np.uint8)
    masks[:, 10:40, 12:34] = 255
    return Domain(COCO, images, masks, np.zeros((count, 17, 2)), np.ones((count, 17), bool), np.full(count, 48.0))


def test_squared_mmd_by_hand() -> None:
    x, y = np.array([[1.0], [0.0]]), np.array([[2.0], [0.0]])
    # kernel (xy + 1)^3 with d = 1: within x 1, within y 1, across (27 + 1 + 1 + 1) / 4
    assert _mmd2(x, y) == pytest.approx(1 + 1 - 2 * 30 / 4)


def test_same_distribution_is_near_zero_and_another_is_not() -> None:
    rng = np.random.default_rng(0)
    one, two = rng.normal(size=(200, 16)), rng.normal(size=(200, 16))
    near = kid_x100("near", one, two, 100, 20, 0)
    far = kid_x100("far", one, two + 1, 100, 20, 0)
    assert abs(near["near"]) < 5
    assert far["far"] > 50
    assert near["near_subset"] == 100
    assert near == kid_x100("near", one, two, 100, 20, 0)


def test_one_person_is_too_few() -> None:
    assert kid_x100("before", np.zeros((1, 4)), np.zeros((5, 4)), 10, 2, 0) == {
        "before": None, "before_std": None, "before_subset": 1,
    }  # fmt: skip


@pytest.mark.parametrize(("photographed", "known"), [(1, ()), (2, ("before", "after")), (3, ("before", "after"))])
def test_too_few_people_cost_a_figure_and_not_the_translator(photographed: int, known: tuple[str, ...]) -> None:
    found = compare(people(0), {"after": people(1)}, people(2, count=photographed), tiny(kid_subset=8), 0)
    assert tuple(n for n in ("before", "after", "floor") if found[n] is not None) == known
    assert str(found["too_few"]).startswith(f"12 rendered and {photographed} photographed people; 2 of each are needed, 4")
    assert json.loads(json.dumps(found)) == found


def test_four_photographed_people_are_enough_for_every_figure() -> None:
    found = compare(people(0), {"after": people(1)}, people(2, count=4), tiny(kid_subset=8), 0)
    assert None not in found.values()
    assert "too_few" not in found


@pytest.mark.parametrize("features", ["random", "handcrafted"])
def test_offline_features_tell_which_set_is_nearer(features: str) -> None:
    found = compare(people(0, shift=40), {"after": people(1, shift=5)}, people(2), tiny(kid_features=features, kid_subset=8), 0)
    assert found["after"] < found["before"]
    assert str(found["features"]).startswith(features)


@pytest.mark.parametrize("features", ["random", "handcrafted"])
def test_features_do_not_depend_on_the_batch(features: str) -> None:
    domain, settings = people(0, 20), tiny(kid_features=features)
    whole = extract(domain, settings)
    names = ("images", "masks", "keypoints", "annotated", "sides")
    alone = replace(domain, **{n: getattr(domain, n)[17:18] for n in names})
    assert np.allclose(whole[17:18], extract(alone, settings), atol=1e-5)
    assert np.isfinite(whole).all()


@pytest.mark.parametrize("features", ["random", "handcrafted"])
def test_what_lies_far_outside_the_person_does_not_count(features: str) -> None:
    domain, settings = people(0, 4), tiny(kid_features=features)
    images = domain.images.copy()
    images[:, :, 44:] = 0
    assert np.allclose(extract(domain, settings), extract(replace(domain, images=images), settings), atol=1e-5)


def test_resnet_features_from_the_users_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    torch.save(torchvision.models.resnet18(weights=None).state_dict(), tmp_path / "resnet18.pth")
    monkeypatch.setenv("HOME", str(tmp_path))
    settings = tiny(kid_features="resnet18", kid_weights="~/resnet18.pth")
    assert extract(people(0, 2), settings).shape == (2, 512)
    (tmp_path / "resnet18.pth").write_bytes(b"nothing")
    with pytest.raises(InputError, match="kid_weights") as caught:
        check_features(settings)
    assert "weights_only` set to" not in str(caught.value)  # torch's own advice is unsafe
    assert "resnet18" in caught.value.next_step


def test_resnet_without_weights_is_refused() -> None:
    with pytest.raises(ValueError, match="kid_weights"):
        tiny(kid_features="resnet50")
