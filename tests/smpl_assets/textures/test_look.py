import copy
from dataclasses import replace

import numpy as np
import pytest
import torch

from smpl_assets.body.anny_body import AnnyBody
from smpl_assets.body.pose import BodyPose
from smpl_assets.errors import StageError
from smpl_assets.textures.look import dress, make_look, plain_look
from smpl_assets.textures.outfit import draw_outfit
from smpl_assets.textures.patches import get_patch
from smpl_assets.textures.tailor import _coverage


def standing(count, body):
    orient = torch.diag(torch.tensor([1.0, -1.0, -1.0])).expand(count, 3, 3)
    pose = torch.eye(3).expand(count, 23, 3, 3)
    return BodyPose(orient, pose, torch.zeros(count, body.shape_size), torch.tensor([[0.0, 0.0, 3.0]]).expand(count, 3))


def test_a_seed_gives_the_same_bytes_and_another_seed_another_look():
    first, again, other = make_look(5), make_look(5), make_look(6)
    assert [layer.name for layer in first.layers] == [layer.name for layer in again.layers]
    for a, b in zip(first.layers, again.layers, strict=True):
        assert a.texture.tobytes() == b.texture.tobytes()
        assert a.lift.tobytes() == b.lift.tobytes()
    assert first.layers[0].texture.tobytes() != other.layers[0].texture.tobytes()


def test_a_thousand_seeds_are_a_thousand_outfits():
    seen = set()
    for seed in range(1000):
        outfit = draw_outfit(seed)
        seen.add((outfit.summary, outfit.face.skin.tobytes(), *(g.fabric.colour.tobytes() for g in outfit.garments)))
    assert len(seen) == 1000
    words = {w for summary, *_ in seen for w in summary}
    assert {"tshirt", "shirt", "sweater", "tank", "jeans", "shorts", "leggings", "dress", "skirt", "jacket", "hoodie"} <= words
    assert {"sneaker", "boot", "loafer", "barefoot", "bald", "buzz", "short", "afro", "bob", "long", "cap", "beanie"} <= words
    assert {"print", "stripes", "checks", "flowers", "camouflage"} <= words


def test_skin_spans_the_human_range():
    tones = np.array([draw_outfit(seed).face.melanin for seed in range(300)])
    counts, _ = np.histogram(tones, bins=5, range=(0, 1))
    assert counts.min() > 30


def test_the_hint_tilts_the_draw():
    dresses = [sum(bool({"dress", "skirt"} & set(draw_outfit(seed, hint).summary)) for seed in range(200)) for hint in (0.0, 1.0)]
    assert dresses[0] < 10 < 30 < dresses[1]


@pytest.mark.parametrize("seed", range(0, 120, 3))
def test_everyone_is_dressed(seed):
    points = get_patch("body").chart.points
    hiding, _ = _coverage(draw_outfit(seed), points)
    hips = (points.y > -0.05) & (points.y < 0.02) & ~points.on_arm
    chest = (points.y > 0.30) & (points.y < 0.36) & ~points.on_arm & (points.side < 0.12)
    assert (hiding[hips] > 0).mean() > 0.97
    assert (hiding[chest] > 0).mean() > 0.97


def test_what_a_jacket_hides_is_not_drawn_through_it():
    """Neither the top nor the skirt below it, from well inside its edges on."""
    checked = set()
    for seed in range(120):
        outfit = draw_outfit(seed, 1.0)
        jackets = [worn.cut for worn in outfit.garments if worn.name == "jacket"]
        if not jackets:
            continue
        layers = {layer.name: layer for layer in make_look(seed, 1.0).layers}
        for worn in outfit.garments[:-1]:
            chart = get_patch(worn.patch).chart
            well_inside = jackets[0].inside(chart.points) > 0.09
            texels = layers[worn.name].texture[chart.inside]
            assert well_inside.any()
            assert texels[well_inside, 3].max() < 128
            checked.add(worn.name)
    assert checked >= {"top", "skirt"}


def test_clothes_lie_outside_the_skin_and_move_with_the_body(helper_body):
    look = make_look(11)
    pose = standing(1, helper_body)
    here = dress(helper_body, pose, [look])[0]
    there = dress(helper_body, replace(pose, transl=pose.transl + torch.tensor([0.3, -0.2, 1.0])), [look])[0]
    assert here[0].name == "body"
    for a, b in zip(here, there, strict=True):
        np.testing.assert_allclose(b.lifted() - a.lifted(), np.tile([0.3, -0.2, 1.0], (len(a.vertices), 1)), atol=2e-5)
    low, high = here[0].vertices.min(0) - 0.1, here[0].vertices.max(0) + 0.1
    for layer in here[1:]:
        assert (layer.lifted() > low).all()
        assert (layer.lifted() < high).all()


def test_every_cloth_is_lifted_off_its_patch():
    for seed in range(8):
        for layer in make_look(seed).layers[1:]:
            # A skirt hangs clear of the legs: a narrow one lies inside the helper mesh.
            assert layer.lift.min() > (-0.07 if layer.name == "skirt" else 0), (seed, layer.name)


def test_people_in_one_look_share_topology_and_texture(helper_body):
    look = make_look(3)
    first, second = dress(helper_body, standing(2, helper_body), [look, look])
    for a, b in zip(first, second, strict=True):
        assert a.texture is b.texture
        assert a.faces is b.faces
        assert a.uvs is b.uvs


def test_layers_fit_what_renderers_ask_for(helper_body):
    for layer in dress(helper_body, standing(1, helper_body), [make_look(21)])[0]:
        assert layer.vertices.shape[1] == 3
        assert layer.faces.max() < len(layer.vertices)
        assert layer.uv_faces.max() < len(layer.uvs)
        assert layer.texture.dtype == np.uint8
        assert layer.cut_out


def test_a_plain_look_needs_no_helper_meshes():
    body = AnnyBody()
    texture = np.zeros((128, 128, 3), np.uint8)
    (skin,) = dress(body, standing(1, body), [plain_look("x.png", texture)])[0]
    assert skin.texture is texture
    assert len(skin.vertices) == body.body_vertices


def test_a_wardrobe_look_on_a_body_without_helpers_is_one_clear_error():
    body = AnnyBody()
    with pytest.raises(StageError, match="helpers=True"):
        dress(body, standing(1, body), [make_look(1)])[0]


def test_a_body_without_uvs_cannot_be_dressed(helper_body):
    bare = copy.copy(helper_body)
    bare.topology = None
    with pytest.raises(StageError, match=r"no texture coordinates"):
        dress(bare, standing(1, bare), [plain_look("x", np.zeros((8, 8, 3), np.uint8))])[0]


@pytest.mark.parametrize("seed", range(0, 24, 2))
def test_only_what_clothes_hide_is_not_drawn(helper_body, seed):
    look = make_look(seed)
    skin = dress(helper_body, standing(1, helper_body), [look])[0][0]
    topology = helper_body.topology
    drawn = {tuple(face) for face in skin.faces.tolist()}
    dropped = np.array([tuple(face) not in drawn for face in topology.faces.tolist()])
    assert 0.05 < dropped.mean() < 0.5
    below_neck = helper_body.rest_vertices.numpy()[topology.faces].mean(1)[:, 1] < 0.55
    corners = topology.uvs[topology.uv_faces[dropped & below_neck]]
    places = np.concatenate([corners, corners.mean(1, keepdims=True)], 1) * 512
    alpha = skin.texture[(512 - places[..., 1]).astype(int), places[..., 0].astype(int), 3]
    assert (alpha < 128).all()


def test_looks_that_hide_the_same_share_their_faces(helper_body):
    faces = {}
    for seed in range(30):
        look = make_look(seed)
        skin = dress(helper_body, standing(1, helper_body), [look])[0][0]
        assert faces.setdefault(look.layers[0].hidden, skin.faces) is skin.faces
    assert 1 < len(faces) < 30
