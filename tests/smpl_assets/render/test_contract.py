"""What every renderer owes: pixel truth on scenes that can be worked out by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from smpl_assets.errors import StageError
from smpl_assets.render.protocol import get_backend
from smpl_assets.render.visibility import project_points
from smpl_assets.scene import MeshLayer, SceneSpec
from smpl_assets.sensor import SensorSpec, develop, srgb_table
from tests.smpl_assets.render.conftest import SIZE, even_light, person, plain, quad, renderers, scene

RED, GREEN, GREY = (200, 20, 20), (20, 200, 20), (128, 128, 128)


def test_a_square_covers_its_pixels_with_its_colour_and_depth(backend):
    out = backend.render([scene(person(quad(2.0, 0.4, plain(RED), roughness=1.0, specular=0.0)))])[0]
    inside = np.zeros((SIZE, SIZE), bool)
    inside[22:42, 22:42] = True  # 100 px * 0.4 m / 2 m = 20 px about the middle
    assert np.array_equal(out.owner == 0, inside)
    assert np.array_equal(out.subject[..., 3], 255 * inside)
    assert np.allclose(out.depth[inside], 2.0, atol=1e-4)
    assert (out.depth[~inside] == 0).all()
    assert np.abs(out.subject[32, 32, :3].astype(int) - develop(srgb_table()[list(RED)], SensorSpec())).max() <= 1
    assert np.array_equal(out.bbox[0], [22, 22, 20, 20])
    assert np.allclose(out.bbox_amodal[0], [22, 22, 20, 20], atol=1e-3)


def test_an_edge_that_cuts_pixels_has_soft_alpha_but_a_hard_mask(backend):
    out = backend.render([scene(person(quad(2.0, 0.41, plain(RED))))])[0]  # 20.5 px: a quarter pixel more on every side
    alpha = out.subject[32, :, 3]
    assert 0 < alpha[21] < 255
    assert set(np.unique(out.owner)) == {-1, 0}


def test_texture_is_perspective_correct(backend):
    """On a plane that leans away, the middle of the texture is not the middle of the image: z = 2 below, 4 above."""
    texture = plain(GREY, 256)
    texture[128:] = 255  # the lower half of the texture
    corners = np.array([[-1, -1, 4], [1, -1, 4], [1, 1, 2], [-1, 1, 2]], np.float32)
    layer = replace(quad(2.0, 1.0, texture, roughness=1.0, specular=0.0), vertices=corners)
    out = backend.render([scene(person(layer), size=128)])[0]
    assert (out.subject[60:68, 64, 3] == 255).all()
    lit = np.flatnonzero(out.subject[:, 64, 0] > 200)
    expected = 64 + 100 * 0.0 / 3.0  # the plane's middle is at y = 0, z = 3
    assert abs(lit[0] - expected) <= 1


def test_nearer_hides_farther_in_colour_mask_and_visibility(backend):
    back = person(quad(3.0, 0.9, plain(RED)), keypoints=np.array([[0.0, 0.0, 3.0], [0.4, 0.4, 3.0]]))
    front = person(quad(2.0, 0.3, plain(GREEN)), keypoints=np.array([[0.0, 0.0, 2.0], [0.1, 0.1, 2.0]]))
    out = backend.render([scene(back, front)])[0]
    assert out.owner[32, 32] == 1
    assert out.depth[32, 32] == pytest.approx(2.0, abs=1e-4)
    assert out.seen[0].tolist() == [False, True]
    assert out.in_frame[0].all()
    assert out.others[32, 32, 1] > 150
    assert out.subject[32, 32, 3] == 0
    assert out.bbox[0][2] == pytest.approx(30, abs=1)


def test_an_occluder_hides_and_owns_nothing(backend):
    back = person(quad(3.0, 0.9, plain(RED)))
    out = backend.render([scene(back, occluders=(quad(1.5, 0.2, plain(GREEN)),))])[0]
    assert out.owner[32, 32] == -1
    assert out.depth[32, 32] == pytest.approx(1.5, abs=1e-4)
    assert not out.seen[0][0]


def test_back_faces_are_drawn_on_two_sided_layers_only(backend):
    layer = quad(2.0, 0.4, plain(RED))
    turned = replace(layer, faces=np.ascontiguousarray(layer.faces[:, ::-1]))
    one, two = backend.render([scene(person(turned)), scene(person(replace(turned, two_sided=True)))])
    assert (one.owner == -1).all()
    assert (two.owner == 0).sum() == 400


def test_a_lifted_layer_is_drawn_off_its_surface(backend):
    """The square faces the camera, so its normals do: half a metre of lift brings it from 2 m to 1.5 m, four thirds as large."""
    layer = replace(quad(2.0, 0.3, plain(RED)), lift=np.full(4, 0.5, np.float32))
    out = backend.render([scene(person(layer))])[0]
    assert out.depth[32, 32] == pytest.approx(1.5, abs=1e-4)
    assert (out.owner == 0).sum() == 20 * 20
    assert np.allclose(out.bbox_amodal[0], [22, 22, 20, 20], atol=1e-3)


def test_alpha_of_a_texture_cuts_the_mesh_out(backend):
    texture = plain((*RED, 255), 64)
    texture[:, :32, 3] = 0
    behind = quad(3.0, 1.2, plain(GREEN))
    out = backend.render([scene(person(quad(2.0, 0.4, texture), behind))])[0]
    assert out.depth[32, 25] == pytest.approx(3.0, abs=1e-4)
    assert out.depth[32, 38] == pytest.approx(2.0, abs=1e-4)


def test_what_lies_behind_the_camera_is_not_drawn(backend):
    out = backend.render([scene(person(quad(-2.0, 0.4, plain(RED))))])[0]
    assert (out.owner == -1).all()
    assert not out.in_frame.any()
    assert np.array_equal(out.bbox_amodal[0], np.zeros(4))


def test_a_marker_on_the_surface_appears_at_its_label(backend):
    """A textured sphere with a marker about one vertex: its pixels' centre is the projected vertex."""
    layer, marked = marked_sphere(np.array([0.1, -0.05, 2.0]), 0.4)
    out = backend.render([scene(person(layer, keypoints=marked[None], reach=0.01), size=256, focal=400)])[0]
    red = (out.subject[..., 0] > 135) & (out.subject[..., 1] < 90)
    assert 20 < red.sum() < 2000
    centre = np.argwhere(red).mean(axis=0)[::-1] + 0.5
    assert np.linalg.norm(centre - out.keypoints[0, 0]) < 1.0
    assert out.seen[0, 0]


def marked_sphere(middle: np.ndarray, radius: float) -> tuple[MeshLayer, np.ndarray]:
    """A white sphere whose texture is red around the point that faces the camera, and that point."""
    rings, steps = 48, 96
    v, u = np.meshgrid(np.linspace(0, np.pi, rings + 1), np.linspace(0, 2 * np.pi, steps + 1), indexing="ij")
    points = np.stack([np.sin(v) * np.cos(u), -np.cos(v), np.sin(v) * np.sin(u)], axis=2).reshape(-1, 3)
    index = np.arange(len(points)).reshape(rings + 1, steps + 1)
    a, b, c, d = index[:-1, :-1].ravel(), index[:-1, 1:].ravel(), index[1:, 1:].ravel(), index[1:, :-1].ravel()
    faces = np.concatenate([np.stack([a, b, c], axis=1), np.stack([a, c, d], axis=1)]).astype(np.int32)
    uvs = np.stack([u / (2 * np.pi), 1 - v / np.pi], axis=2).reshape(-1, 2).astype(np.float32)
    texture = plain((255, 255, 255), 512)
    row, column = round(0.5 * 512), round(0.75 * 512)  # v = pi / 2, u = 3 / 2 pi: the point with the least z
    texture[row - 8 : row + 8, column - 4 : column + 4] = (255, 0, 0)
    layer = MeshLayer("sphere", (middle + radius * points).astype(np.float32), faces, uvs, faces, texture, True, 1.0, 0.0)
    return layer, middle + np.array([0.0, 0.0, -radius])


def test_keypoints_outside_the_frame_are_told(backend):
    out = backend.render([scene(person(quad(2.0, 3.0, plain(RED)), keypoints=np.array([[1.2, 0.0, 2.0], [0.0, 0.0, 2.0]])))])[0]
    assert out.in_frame[0].tolist() == [False, True]
    assert out.seen[0].tolist() == [False, True]
    assert out.keypoints[0, 0, 0] == pytest.approx(92)


def test_the_same_scene_gives_the_same_bytes_alone_and_in_a_batch(backend):
    scenes = [scene(person(quad(2.0, 0.3 + 0.1 * i, plain(RED))), light=even_light(0.5 + 0.1 * i)) for i in range(3)]
    together = backend.render(scenes)
    for one, other in zip(scenes, together, strict=True):
        again = backend.render([one])[0]
        for name in ("subject", "others", "owner", "depth", "keypoints"):
            assert getattr(again, name).tobytes() == getattr(other, name).tobytes(), name


def test_scenes_of_different_sizes_are_refused(backend):
    with pytest.raises(StageError, match="different image sizes"):
        backend.render([scene(person(quad(2.0, 0.4, plain(RED))), size=32), scene(person(quad(2.0, 0.4, plain(RED))), size=64)])


def test_projection_agrees_with_the_camera_model():
    camera = scene(person(quad(2.0, 0.4, plain(RED)))).camera
    assert np.allclose(project_points(np.array([[0.1, -0.2, 2.0]]), camera), [[37.0, 22.0]])


def agreement(other: str, device: str, scenes: list[SceneSpec]) -> list[dict[str, float]]:
    """How far another renderer is from Warp on the CPU, scene by scene."""
    pairs = zip(get_backend("warp").render(scenes), get_backend(other, device).render(scenes), strict=True)
    found = []
    for a, b in pairs:
        mine, theirs = a.owner == 0, b.owner == 0
        colour = np.abs(a.subject[..., :3].astype(int) - b.subject[..., :3])[mine].mean()
        depth = np.abs(a.depth - b.depth)[mine & theirs].mean()
        found.append({
            "iou": float((mine & theirs).sum() / (mine | theirs).sum()), "rgb": float(colour), "depth_m": float(depth),
            "seen": float((a.seen == b.seen).mean()),
        })  # fmt: skip
    return found


OTHERS = [pair for pair in renderers() if pair != ("warp", "cpu")]

if OTHERS:

    @pytest.mark.parametrize(("other", "device"), OTHERS)
    def test_backends_agree(other, device, dressed_scenes):
        for gap in agreement(other, device, dressed_scenes):
            print(other, device, gap)
            assert gap["iou"] >= 0.99
            assert gap["rgb"] < 3.0
            assert gap["depth_m"] < 0.002
            assert gap["seen"] > 0.95
