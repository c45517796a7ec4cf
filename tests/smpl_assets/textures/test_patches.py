import numpy as np
import pytest

from smpl_assets.errors import StageError
from smpl_assets.textures.noise import KINDS, mixing_weights, noise
from smpl_assets.textures.patches import get_patch, patches, rasterise_uvs

NAMES = ("body", "top", "bottom", "feet", "skirt", "hair", "scalp")


def test_rasterised_square_covers_every_texel_with_its_own_place():
    uvs = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32)
    faces = np.array([[0, 1, 2], [0, 2, 3]])
    face, weights = rasterise_uvs(uvs, faces, 7)
    assert (face >= 0).all()
    found = np.einsum("hwk,hwkc->hwc", weights, uvs[faces][face])
    column, row = np.meshgrid(np.arange(7) + 0.5, np.arange(7) + 0.5)
    np.testing.assert_allclose(found, np.stack([column / 7, 1 - row / 7], -1), atol=1e-5)


def test_texels_outside_all_faces_are_outside():
    face, _ = rasterise_uvs(np.array([[0, 0], [0.5, 0], [0, 0.5]], np.float32), np.array([[0, 1, 2]]), 8)
    assert face[7, 0] == 0
    assert face[0, 7] == -1


@pytest.mark.parametrize("name", NAMES)
def test_patch_is_a_mesh_with_a_chart_of_its_own(name):
    patch = get_patch(name)
    assert patch.faces.max() == len(patch.vertices) - 1
    assert patch.uvs.min() >= 0
    assert patch.uvs.max() <= 1
    assert patch.uv_faces.max() == len(patch.uvs) - 1
    assert patch.chart.inside.mean() > 0.15


@pytest.mark.parametrize("name", NAMES)
def test_a_texel_knows_the_place_of_the_vertex_that_it_lies_under(name):
    patch = get_patch(name)
    corner = {int(u): int(v) for u, v in zip(patch.uv_faces.reshape(-1), patch.faces.reshape(-1), strict=True)}
    u, v = np.array(list(corner)), np.array(list(corner.values()))
    column = (patch.uvs[u, 0] * patch.texels).astype(int).clip(0, patch.texels - 1)
    row = ((1 - patch.uvs[u, 1]) * patch.texels).astype(int).clip(0, patch.texels - 1)
    chart = patch.chart
    inside = chart.inside[row, column]
    there = chart.points.position[chart.source[row, column]]
    away = np.linalg.norm(there - patch.points.position[v], axis=1)[inside]
    assert np.median(away) < 0.006
    assert np.quantile(away, 0.9) < 0.02


def test_padding_takes_the_nearest_inside_colour():
    chart = get_patch("skirt").chart
    texels = np.random.default_rng(0).integers(0, 255, (len(chart.points), 4)).astype(np.uint8)
    image = chart.image(texels)
    row, column = np.argwhere(chart.inside)[1234]
    assert (image[row, column] == texels[chart.source[row, column]]).all()
    edge = int(np.flatnonzero(chart.inside[row])[0])
    assert edge > 0
    assert not chart.inside[row, edge - 1]
    nearest = chart.points.position[chart.source[row, edge - 1]] - chart.points.position[chart.source[row, edge]]
    assert np.linalg.norm(nearest) < 0.03


def test_normals_of_the_body_point_outwards():
    patch = get_patch("body")
    position, normal = patch.points.position, patch.points.normal
    trunk = (np.abs(position[:, 0]) < 0.12) & (position[:, 1] > 0.1) & (position[:, 1] < 0.4)
    outward = position[trunk] - np.array([0, 0, 0.02]) * 1
    outward[:, 1] = 0
    assert ((outward * normal[trunk]).sum(1) > 0).mean() > 0.95


def test_arms_are_measured_from_the_shoulder_and_the_trunk_is_not_on_them():
    points = get_patch("body").points
    assert points.along_arm[points.part("hand") > 0.9].min() > 0.40
    assert points.along_arm[(points.y < 0.1) & ~points.on_arm].max() < 0
    upper = points.on_arm & (points.side > 0.20) & (points.side < 0.28)
    assert 0.0 < points.along_arm[upper].mean() < 0.2


def test_unknown_patch_is_named():
    with pytest.raises(StageError, match=r"'cape' is not known; known: body"):
        get_patch("cape")
    assert tuple(patches()) == NAMES


@pytest.mark.parametrize("kind", KINDS)
def test_noise_is_centred_and_the_same_field_on_all_patches(kind):
    weights = mixing_weights(np.random.default_rng(3))
    top, bottom = noise("top", kind, weights, "vertices"), noise("bottom", kind, weights, "vertices")
    shared, a, b = np.intersect1d(get_patch("top").vertices, get_patch("bottom").vertices, return_indices=True)
    assert len(shared) > 100
    np.testing.assert_allclose(top[a], bottom[b], atol=1e-5)
    field = noise("skirt", kind, weights)
    assert 0.05 < field.std() < 2
    assert abs(field.mean()) < 0.6
