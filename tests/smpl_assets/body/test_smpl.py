from pathlib import Path

import numpy as np
import pytest
import torch

from smpl_assets.body.pose import BodyPose
from smpl_assets.body.protocol import load_body
from smpl_assets.body.settings import BodySettings
from smpl_assets.body.smpl_body import SmplBody
from smpl_assets.body.smpl_files import LAYOUTS, read_model
from smpl_assets.errors import InputError
from smpl_assets.skeletons import SKELETONS
from tests.smpl_assets.body.synthetic import VERTICES, model_arrays, rest_joints, write_npz


def _settings(path: Path, **more: str) -> BodySettings:
    return BodySettings(name="smpl", model=str(path), **more)


def _t_pose(body: SmplBody, shape: torch.Tensor):
    n = len(shape)
    return body(BodyPose.at_origin(torch.eye(3).expand(n, 24, 3, 3), shape))


def test_pickle_and_npz_give_the_same_body(smpl, tmp_path, poses):
    other = SmplBody(_settings(write_npz(tmp_path / "SMPL_NEUTRAL.npz")))
    pose = poses.pose(torch.randn(48, 10))
    assert torch.equal(smpl(pose).vertices, other(pose).vertices)


def test_t_pose_is_the_template_with_its_pelvis_at_transl(smpl):
    out = _t_pose(smpl, torch.zeros(1, 10))
    template = torch.from_numpy(model_arrays()["v_template"] - rest_joints()[0]).float()
    assert torch.allclose(out.vertices[0], template, atol=1e-5)
    assert torch.allclose(out.joints[0], torch.from_numpy(rest_joints() - rest_joints()[0]).float(), atol=1e-5)


def test_it_poses_as_smplx_does(smpl_file, smpl, poses):
    """Against smplx's own SMPL, given the same arrays."""
    from smplx.lbs import lbs

    arrays = read_model("smpl", smpl_file)
    betas = torch.randn(48, 10)
    turns = torch.cat([poses.global_orient[:, None], poses.body_pose], 1)
    vertices, joints = lbs(
        betas,
        turns,
        torch.from_numpy(arrays.v_template),
        torch.from_numpy(arrays.shapedirs),
        torch.from_numpy(arrays.posedirs).reshape(VERTICES * 3, -1).T,
        torch.from_numpy(arrays.joint_regressor),
        torch.from_numpy(arrays.parents),
        torch.from_numpy(arrays.weights),
        pose2rot=False,
    )
    out = smpl(poses.pose(betas))
    assert torch.allclose(out.vertices, vertices - joints[:, :1], atol=1e-5)
    assert torch.allclose(out.joints, joints - joints[:, :1], atol=1e-5)


def test_sparse_keypoints_are_those_of_the_surface(smpl, poses):
    pose = poses.pose(torch.randn(48, 10))
    out = smpl(pose)
    sparse, joints = smpl.sparse_keypoints((SKELETONS["coco17"], SKELETONS["mpii16"]), pose)
    assert torch.allclose(sparse["mpii16"], smpl.keypoints(SKELETONS["mpii16"], out), atol=1e-5)
    assert torch.allclose(joints, smpl.joints(pose), atol=1e-6)


@pytest.mark.parametrize(("name", "joints"), [("smplh", 52), ("smplx", 55)])
def test_relatives_load_where_their_files_are_given(tmp_path, name, joints, poses):
    arrays = _extended(model_arrays(), LAYOUTS[name].vertices, joints)
    body = SmplBody(BodySettings(name=name, model=str(write_npz(tmp_path / "model.npz", arrays))))
    out = body(poses.pose(torch.zeros(48, body.shape_size)))
    assert out.vertices.shape == (48, LAYOUTS[name].vertices, 3)
    assert out.joints.shape == (48, 24, 3)
    assert torch.isfinite(body.keypoints(SKELETONS["coco17"], out)).all()


def _extended(arrays: dict[str, np.ndarray], vertices: int, joints: int) -> dict[str, np.ndarray]:
    """The synthetic body with more vertices (copies of the first ones) and more joints (fingers and face, at the wrists)."""
    more, base = vertices - VERTICES, dict(arrays)
    for name in ("v_template", "shapedirs", "weights"):
        base[name] = np.concatenate([arrays[name], arrays[name][:more]])
    regressor = np.zeros((joints, vertices))
    regressor[:24, :VERTICES] = arrays["J_regressor"]
    regressor[24:] = regressor[20]
    base["J_regressor"] = regressor
    base["weights"] = np.pad(base["weights"], ((0, 0), (0, joints - 24)))
    base["posedirs"] = np.zeros((vertices, 3, 9 * (joints - 1)))
    parents = np.concatenate([arrays["kintree_table"][0][:22], np.full(joints - 22, 20)])
    base["kintree_table"] = np.stack([parents, np.arange(joints)])
    return base


def uv_file(path: Path, faces: np.ndarray, vertices: int, uvs: bool = True) -> Path:
    lines = [f"v {i} 0 0" for i in range(vertices)]
    lines += [f"vt {(i % 97) / 96:.4f} {(i % 89) / 88:.4f}" for i in range(3 * len(faces))] if uvs else []
    for row, face in enumerate(faces + 1):
        lines.append("f " + " ".join(f"{v}/{3 * row + i + 1}" if uvs else str(v) for i, v in enumerate(face)))
    path.write_text("\n".join(lines))
    return path


def test_uvs_come_from_the_template(smpl_file, tmp_path):
    faces = model_arrays()["f"].astype(int)
    body = SmplBody(_settings(smpl_file, uv=str(uv_file(tmp_path / "uv.obj", faces, VERTICES))))
    assert body.topology is not None
    assert np.array_equal(body.topology.faces, faces)
    corner = body.topology.uvs[body.topology.uv_faces[10, 2]]
    assert np.allclose(corner, [(32 % 97) / 96, (32 % 89) / 88], atol=1e-3)


def test_without_uv_file_there_is_no_topology(smpl):
    assert smpl.topology is None


@pytest.mark.parametrize("wrong", ["vertices", "uvs", "faces", "nothing"])
def test_a_wrong_uv_file_is_one_clear_error(smpl_file, tmp_path, wrong):
    faces, path = model_arrays()["f"].astype(int), tmp_path / "uv.obj"
    if wrong == "vertices":
        uv_file(path, faces[:10], 12)
    elif wrong == "uvs":
        uv_file(path, faces, VERTICES, uvs=False)
    elif wrong == "faces":
        uv_file(path, (faces + 1) % VERTICES, VERTICES)
    with pytest.raises(InputError, match=r"uv\.obj"):
        SmplBody(_settings(smpl_file, uv=str(path)))


def _broken(change) -> dict[str, np.ndarray]:
    arrays = model_arrays()
    change(arrays)
    return arrays


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda a: a.update(v_template=a["v_template"][:-1]), "6890 vertices"),
        (lambda a: a.pop("posedirs"), "'posedirs' is missing"),
        (lambda a: a.update(J_regressor=a["J_regressor"][:20]), "24 joints"),
        (lambda a: a.update(weights=a["weights"] * 2), "add up to 1"),
        (lambda a: a["v_template"].__setitem__((3, 1), np.nan), "NaN"),
        (lambda a: a.update(f=a["f"] + 7000), "names vertex"),
        (lambda a: a["kintree_table"].__setitem__((0, 3), 9), "parents before"),
        (lambda a: a.update(shapedirs=a["shapedirs"][:, :, :0]), "no shape component"),
    ],
)
def test_a_wrong_file_is_one_clear_error(tmp_path, change, says):
    path = write_npz(tmp_path / "SMPL_NEUTRAL.npz", _broken(change))
    with pytest.raises(InputError, match=says) as error:
        SmplBody(_settings(path))
    assert "SMPL_NEUTRAL.npz" in error.value.what


def test_a_folder_means_its_neutral_model(smpl_file):
    assert SmplBody(_settings(smpl_file.parent)).shape_size == 10


@pytest.mark.parametrize("model", ["", "/nowhere/SMPL_NEUTRAL.pkl"])
def test_a_missing_file_says_what_to_set(model):
    with pytest.raises(InputError, match=r"body\.model"):
        load_body(BodySettings(name="smpl", model=model))


def test_an_empty_folder_says_what_was_looked_for(tmp_path):
    with pytest.raises(InputError, match="SMPL_NEUTRAL"):
        load_body(BodySettings(name="smpl", model=str(tmp_path)))
