import numpy as np
import pytest
import torch
import trimesh

from smpl_assets.body.settings import BodySettings
from smpl_assets.drawing.crops import cut_square
from smpl_assets.drawing.meshes import draw_mesh, draw_turned
from smpl_assets.errors import InputError
from smpl_assets.inverse.export import annotated_tile, body_tile, export_fits, moved_intrinsics, pose_fits, side_tile
from smpl_assets.inverse.fits import empty_fits
from smpl_assets.skeletons import SKELETONS


@pytest.fixture(scope="module")
def fits(body):
    """Two people facing the camera at four metres; the second is rejected."""
    made = empty_fits(np.array([4, 9]), ["", "implausible posture"], 16, body.shape_size, body.name)
    made.accepted[0] = True
    made.global_orient[:] = [np.pi, 0.0, 0.0]
    made.transl[:] = [0.0, -0.1, 4.0]
    made.intrinsics[:] = [400.0, 400.0, 150.0, 100.0]
    made.crop_xywh[:] = [50.0, 0.0, 200.0, 200.0]
    made.hypothesis[:] = 0
    return made


@pytest.mark.parametrize("kind", ["glb", "obj"])
def test_accepted_fits_become_mesh_files(fits, tmp_path, kind):
    (path,) = export_fits(fits, BodySettings(), tmp_path, kind)
    assert path.name == f"000004.{kind}"
    mesh = trimesh.load(path, force="mesh")
    height = np.ptp(mesh.vertices[:, 1])
    assert 1.4 < height < 2.0
    assert mesh.vertices[:, 2].mean() == pytest.approx(-4.0, abs=0.3)
    head = mesh.vertices[:, 1] > mesh.vertices[:, 1].max() - 0.1
    assert abs(mesh.vertices[head, 0].mean()) < 0.1


def test_exports_refuse_other_bodies_and_kinds(fits, tmp_path):
    import dataclasses

    with pytest.raises(InputError, match="body 'smpl'"):
        export_fits(dataclasses.replace(fits, body="smpl"), BodySettings(), tmp_path)
    with pytest.raises(InputError, match="not as 'stl'"):
        export_fits(fits, BodySettings(), tmp_path, "stl")


def test_the_mesh_is_drawn_where_it_projects(fits, body):
    vertices = pose_fits(fits, body).vertices[0].double().numpy()
    image = np.zeros((200, 300, 3), np.uint8)
    drawn = draw_mesh(image, vertices, body.topology.faces, fits.intrinsics[0], opacity=1.0)
    covered = np.argwhere(drawn.sum(2) > 0)
    spots = vertices[:, :2] / vertices[:, 2:] * fits.intrinsics[0, :2] + fits.intrinsics[0, 2:]
    np.testing.assert_allclose(covered[:, ::-1].min(0), spots.min(0), atol=2)
    np.testing.assert_allclose(covered[:, ::-1].max(0) + 1, spots.max(0), atol=2)
    assert image.sum() == 0


def test_a_painted_pixel_and_its_keypoint_land_together():
    image = np.zeros((120, 160, 3), np.uint8)
    image[70, 90] = 255
    cut, affine = cut_square(image, np.array([60.0, 50.0, 50.0, 50.0]), 200)
    intrinsics = moved_intrinsics(np.array([100.0, 100.0, 90.5, 70.5]), affine)
    rows, columns = np.nonzero(cut[..., 0] > 128)
    spot = affine @ [90.5, 70.5, 1.0]
    np.testing.assert_allclose([columns.mean() + 0.5, rows.mean() + 0.5], spot, atol=0.51)
    np.testing.assert_allclose(intrinsics[2:], spot)


def test_tiles_show_annotation_mesh_and_side(fits, body):
    keypoints, flags = np.tile([150.0, 60.0], (16, 1)), np.full(16, 2)
    photo, one = np.full((200, 300, 3), 90, np.uint8), fits.select(np.array([0]))
    tiles = [annotated_tile(photo, one, SKELETONS["mpii16"], keypoints, flags, 96), body_tile(photo, one, body, 96)]
    tiles.append(side_tile(one, body, 96))
    assert {t.shape for t in tiles} == {(96, 96, 3)}
    assert not np.array_equal(tiles[0], tiles[1])
    assert (tiles[2][0] == 255).all()


def test_side_view_turns_the_body(body):
    vertices = np.array([[1.0, 0, 5], [-1.0, 0, 5], [0, 1.0, 5]])
    faces = np.array([[0, 1, 2], [0, 2, 1]])
    wide, thin = (np.count_nonzero((draw_turned(vertices, faces, 64, turn) < 255).any(2).any(0)) for turn in (0.0, np.pi / 2))
    assert wide > 45
    assert thin < 6


def test_posed_fits_stand_where_they_say(fits, body):
    out = pose_fits(fits, body)
    torch.testing.assert_close(out.joints[:, 0], torch.from_numpy(fits.transl).float())
