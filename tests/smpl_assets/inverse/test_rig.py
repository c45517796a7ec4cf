from dataclasses import replace

import torch

from smpl_assets.inverse.rig import points, pose_rig
from smpl_assets.rotations import exponential, left_jacobian
from smpl_assets.skeletons import SKELETONS
from tests.smpl_assets.inverse.conftest import random_people


def test_rig_puts_keypoints_where_the_body_has_them(body, rig):
    x = random_people(64, body.shape_size)
    with torch.no_grad():
        wanted, joints = body.sparse_keypoints((SKELETONS["mpii16"],), x.body())
    posed = pose_rig(rig, x.body())
    found = points(rig.attachments["mpii16"], posed, x.shape)
    assert (posed.joints - joints).norm(dim=-1).mean() < 0.006
    assert (found - wanted["mpii16"]).norm(dim=-1).mean() < 0.01
    assert rig.error_m < 0.02


def test_rig_is_that_of_the_mean_body_without_shape(body, rig):
    still = random_people(1, body.shape_size, spread=0.0)
    zero = torch.zeros(1, body.shape_size)
    pose = replace(still.body(), shape=zero)
    posed = pose_rig(rig, pose)
    with torch.no_grad():
        joints = body.joints(pose)
    torch.testing.assert_close(posed.joints[:, 0], still.transl)
    assert (posed.joints - joints).norm(dim=-1).max() < 0.02


def test_weights_of_attachments_add_up_to_one(rig):
    for attachment in rig.attachments.values():
        torch.testing.assert_close(attachment.weights.sum(1), torch.ones(len(attachment.weights)))


def test_left_jacobian_is_the_derivative_of_the_exponential():
    g = torch.Generator().manual_seed(1)
    vector = torch.cat([torch.randn(20, 3, generator=g, dtype=torch.float64), torch.zeros(1, 3, dtype=torch.float64)])
    step = 1e-6 * torch.randn(21, 3, generator=g, dtype=torch.float64)
    turned = exponential((left_jacobian(vector) @ step[..., None])[..., 0]) @ exponential(vector)
    torch.testing.assert_close(turned, exponential(vector + step), atol=1e-10, rtol=0)
