import torch

from smpl_assets.camera import project
from smpl_assets.inverse.crop import CROP_PX, crop_around, crop_intrinsics, solve_translation, to_crop


def test_crop_is_square_and_holds_the_annotated_keypoints_only():
    keypoints = torch.tensor([[[10.0, 20.0], [110.0, 60.0], [900.0, 900.0]]])
    annotated = torch.tensor([[True, True, False]])
    crop = crop_around(keypoints, annotated)
    torch.testing.assert_close(crop, torch.tensor([[60.0 - 62.5, 40.0 - 62.5, 125.0, 125.0]]))
    local = to_crop(keypoints, annotated, crop)
    torch.testing.assert_close(local[0, 0], torch.tensor([-50.0, -20.0]) / 125.0 * CROP_PX)
    assert (local[0, 2] == 0).all()


def test_someone_without_keypoints_gets_a_crop_all_the_same():
    crop = crop_around(torch.zeros(1, 3, 2), torch.zeros(1, 3, dtype=torch.bool))
    assert crop.isfinite().all()
    assert crop[0, 2] > 0


def test_image_and_crop_cameras_see_the_same():
    g = torch.Generator().manual_seed(0)
    points = torch.randn(5, 13, 3, generator=g) * 0.4 + torch.tensor([0.0, 0.0, 4.0])
    crop = torch.tensor([[300.0, 120.0, 260.0, 260.0]]).expand(5, 4)
    focal = torch.full((5,), 430.0)
    image = project(points, crop_intrinsics(focal, crop))
    local = to_crop(image, torch.ones(5, 13, dtype=torch.bool), crop)
    torch.testing.assert_close(local, focal[:, None, None] * points[..., :2] / points[..., 2:], atol=1e-3, rtol=0)


def test_translation_is_found_from_its_projection():
    g = torch.Generator().manual_seed(1)
    points = torch.randn(6, 13, 3, generator=g) * 0.4
    transl = torch.tensor([0.3, -0.2, 3.0]) + 0.2 * torch.randn(6, 3, generator=g)
    focal = torch.full((6,), 500.0)
    moved = points + transl[:, None]
    targets = focal[:, None, None] * moved[..., :2] / moved[..., 2:]
    weights = (torch.rand(6, 13, generator=g) > 0.3).float()
    targets = torch.where(weights[..., None] > 0, targets, 9999.0)
    torch.testing.assert_close(solve_translation(points, targets, weights, focal), transl, atol=2e-3, rtol=0)
