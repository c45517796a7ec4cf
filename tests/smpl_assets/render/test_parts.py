"""Settings, the table of backends, placement, light, looks of a body: the parts of the stage by themselves."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from PIL import Image
from pydantic import ValidationError

from smpl_assets.body.keypoints import load_keypoints
from smpl_assets.body.pose import BodyParameters
from smpl_assets.body.protocol import load_body
from smpl_assets.body.settings import BodySettings, KeypointShifts
from smpl_assets.errors import InputError
from smpl_assets.labels import coco_keypoints
from smpl_assets.photographs import Photograph
from smpl_assets.render.protocol import get_backend
from smpl_assets.render.settings import RenderSettings
from smpl_assets.render.studio import dressing
from smpl_assets.render.studio.camera_draw import SensorDraw, crop_camera, mirrored, reframed
from smpl_assets.render.studio.jobs import repetitions
from smpl_assets.render.studio.lighting import estimate_lighting
from smpl_assets.render.studio.occluders import draw_occluder
from smpl_assets.render.studio.people import Bystanders, Poser, beside
from smpl_assets.render.table import RENDERERS
from smpl_assets.render.visibility import in_frame, project_points
from smpl_assets.scene import MeshLayer, Person
from smpl_assets.skeletons import SKELETONS, Skeleton
from smpl_assets.textures.look import Look
from tests.smpl_assets.body.synthetic import write_pickle
from tests.smpl_assets.render.conftest import even_light, scene


def test_settings_import_nothing_heavy():
    heavy = ["torch", "warp", "cv2", "anny", "sklearn", "numpy"]
    code = f"import sys, smpl_assets.render.settings; print([m for m in {heavy} if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"


def test_unknown_settings_are_refused():
    with pytest.raises(ValidationError):
        RenderSettings.model_validate({"image_sise": 3})


@pytest.mark.parametrize(("name", "blocked"), [("pytorch3d", "pytorch3d"), ("warp", "warp")])
def test_a_missing_backend_says_how_to_get_it(monkeypatch, name, blocked):
    module = RENDERERS[name].module
    for known in [m for m in sys.modules if m == module or m.startswith("smpl_assets.render.warp.")]:
        monkeypatch.delitem(sys.modules, known)
    monkeypatch.setitem(sys.modules, blocked, None)
    with pytest.raises(InputError) as error:
        get_backend(name)
    assert RENDERERS[name].install in str(error.value)
    assert name not in RENDERERS.installed()


def test_an_unknown_backend_names_the_known_ones():
    with pytest.raises(InputError, match="warp, pytorch3d"):
        get_backend("blender")


def test_repetitions_share_the_count_out():
    settings = RenderSettings(count=10)
    assert [repetitions(r, 4, settings) for r in range(4)] == [3, 3, 2, 2]
    assert repetitions(2, 4, RenderSettings(per_pose=5)) == 5


def test_a_crop_camera_sees_the_crop():
    camera = crop_camera(np.array([500.0, 500.0, 320.0, 240.0]), np.array([220.0, 140.0, 200.0, 200.0]), 100)
    assert np.allclose(project_points(np.array([[0.0, 0.0, 2.0], [0.4, 0.0, 2.0]]), camera), [[50, 50], [100, 50]])
    closer = reframed(camera, 2.0, np.array([0.0, 10.0]))
    assert np.allclose(project_points(np.array([[0.0, 0.0, 2.0]]), closer), [[50, 60]])


def test_mirrored_people_are_mirrored_in_the_image(anny, fits):
    skeleton = SKELETONS["coco17"]
    one = fits.bodies.select(0)
    camera = crop_camera(fits.intrinsics[0], fits.crop_xywh[0], 100)
    other, flipped = mirrored(one, camera)
    a, b = Poser(anny, skeleton).pose([one, other])
    straight, turned = project_points(a.keypoints, camera), project_points(b.keypoints, flipped)
    assert np.allclose(turned[list(skeleton.flip), 0], 100 - straight[:, 0], atol=0.6)
    assert np.allclose(turned[list(skeleton.flip), 1], straight[:, 1], atol=0.6)
    back, again = mirrored(other, flipped)
    assert np.allclose(back.body_pose, one.body_pose, atol=1e-5)
    assert np.allclose(again.intrinsics, camera.intrinsics)


def test_bodies_of_the_users_files_are_posed_too(tmp_path):
    """Their points are placed on the file's own template; no list of ours names them."""
    path = write_pickle(tmp_path / "SMPL_NEUTRAL.pkl")
    smpl = load_body(BodySettings(name="smpl", model=str(path)))
    standing = BodyParameters(np.array([np.pi, 0, 0]), np.zeros((23, 3)), np.zeros(10), np.array([0, 0, 3.0]))
    (body,) = Poser(smpl, SKELETONS["mpii16"]).pose([standing])
    assert np.isfinite(body.keypoints).all()
    assert np.isfinite(body.reach).all()
    wide = load_body(BodySettings(name="smpl", model=str(path), keypoints=KeypointShifts(hip_out=3.0)))
    (other,) = Poser(wide, SKELETONS["mpii16"]).pose([standing])
    hips = [SKELETONS["mpii16"].index(f"{side}_hip") for side in ("left", "right")]
    assert np.ptp(other.keypoints[hips, 0]) > np.ptp(body.keypoints[hips, 0]) + 0.01


def test_keypoints_without_a_place_on_the_body_are_nowhere(anny, fits):
    coco = SKELETONS["coco17"]
    own = Skeleton("worker18", ("helmet", *coco.keypoints), ())
    bodies = [fits.bodies.select(0)]
    known, (body,) = Poser(anny, coco).pose(bodies)[0], Poser(anny, own).pose(bodies)
    assert np.isnan(body.keypoints[0]).all()
    np.testing.assert_array_equal(body.keypoints[1:], known.keypoints)
    np.testing.assert_array_equal(body.reach[1:], known.reach)
    camera = crop_camera(fits.intrinsics[0], fits.crop_xywh[0], 100)
    points = project_points(body.keypoints, camera)
    inside = in_frame(points, camera)
    assert not inside[0]
    assert coco_keypoints(points, inside, inside)[0].tolist() == [0, 0, 0]


def test_a_marker_painted_on_the_body_appears_at_its_label(anny, fits, backend):
    """The texels about a surface vertex are painted; their pixels lie about that vertex's projection."""
    skeleton = SKELETONS["coco17"]
    row = 3
    body = Poser(anny, skeleton).pose([fits.bodies.select(row)])[0]
    topology = anny.topology
    skin = body.vertices[: anny.body_vertices]
    vertex = frontmost_forehead(skin, topology.faces)
    texture = np.full((1024, 1024, 3), 230, np.uint8)
    corner = np.argwhere(topology.faces == vertex)[0]
    uv = topology.uvs[topology.uv_faces[tuple(corner)]]
    y, x = int((1 - uv[1]) * 1024), int(uv[0] * 1024)
    texture[max(y - 6, 0) : y + 7, max(x - 6, 0) : x + 7] = (255, 0, 0)
    layer = MeshLayer("skin", skin, topology.faces, topology.uvs, topology.uv_faces, texture, roughness=1.0, specular=0.0)
    spec = scene(
        Person((layer,), skin[vertex][None].astype(float), np.array([0.02])), size=256, focal=float(fits.intrinsics[row, 0])
    )
    out = backend.render([spec])[0]
    red = (out.subject[..., 0] > 148) & (out.subject[..., 1] < 0.6 * out.subject[..., 0])
    assert red.sum() >= 2
    centre = np.argwhere(red).mean(axis=0)[::-1] + 0.5
    assert np.linalg.norm(centre - out.keypoints[0, 0]) < 1.5
    assert out.seen[0, 0]


def frontmost_forehead(skin: np.ndarray, faces: np.ndarray) -> int:
    """The vertex nearest to the camera: its surroundings face it."""
    return int(skin[:, 2].argmin())


def test_a_hand_in_front_hides_what_lies_behind(anny, backend):
    """The right forearm before the trunk, then hanging: the point of the trunk behind the hand is hidden, then seen."""
    poser, topology, point, seen = Poser(anny, SKELETONS["coco17"]), anny.topology, -1, []
    for upper, lower in (((0.0, 1.0, 0.9), (0.0, 1.7, 0.0)), ((0.0, 0.0, 1.2), (0.0, 0.0, 0.0))):
        pose = np.zeros((23, 3))
        pose[15, 2], pose[16], pose[18] = -1.2, upper, lower
        body = poser.pose([BodyParameters(np.array([np.pi, 0.0, 0.0]), pose, np.zeros(12), np.array([0.0, 0.0, 3.0]))])[0]
        skin = body.vertices[: anny.body_vertices]
        if point < 0:
            point = trunk_point_behind(skin, skin[list(load_keypoints("anny").points["right_wrist"][0])].mean(axis=0), anny)
        layer = MeshLayer("skin", skin, topology.faces, topology.uvs, topology.uv_faces, np.full((8, 8, 3), 200, np.uint8))
        spec = scene(Person((layer,), skin[point][None].astype(float), np.array([0.02])), size=256, focal=300.0)
        seen.append(bool(backend.render([spec])[0].seen[0, 0]))
    assert seen == [False, True]


def trunk_point_behind(skin: np.ndarray, hand: np.ndarray, body) -> int:
    """The vertex on the front of the trunk that projects nearest to the hand."""
    trunk = np.isin(body.joint_weights[: len(skin)].numpy().argmax(axis=1), (0, 3, 6, 9))
    front = trunk & (body.rest_vertices[: len(skin), 2].numpy() > 0.08)
    gap = np.linalg.norm(skin[:, :2] / skin[:, 2:] - hand[:2] / hand[2], axis=1)
    return int(np.where(front, gap, np.inf).argmin())


def test_light_follows_the_background():
    rng = np.random.default_rng
    left = np.zeros((64, 64, 3), np.uint8)
    left[:, :32] = 230
    toward = [estimate_lighting(image, rng(i)).key_direction[0] for i in range(20) for image in (left, left[:, ::-1])]
    assert np.mean(toward[::2]) < -0.3
    assert np.mean(toward[1::2]) > 0.3
    dark, bright = (estimate_lighting(np.full((64, 64, 3), v, np.uint8), rng(0)).harmonics[0].mean() for v in (40, 230))
    assert bright > 1.5 * dark
    red = estimate_lighting(np.full((64, 64, 3), (220, 90, 90), np.uint8), rng(0))
    assert red.harmonics[0, 0] > 1.2 * red.harmonics[0, 2]
    assert estimate_lighting(left, rng(0), shadows=False).shadow_strength == 0


def test_occluders_stand_before_the_body(fits, anny):
    body = Poser(anny, SKELETONS["coco17"]).pose([fits.bodies.select(0)])[0]
    kinds = set()
    for seed in range(30):
        layer = draw_occluder(body.vertices, scene(person_of(body, anny)).camera, np.random.default_rng(seed))
        kinds.add(layer.name)
        assert np.median(layer.vertices[:, 2]) < body.vertices[:, 2].min()
        assert layer.vertices[:, 2].min() > 0.05
    assert kinds == {"box", "post", "ball", "branch"}


def person_of(body, anny) -> Person:
    topology = anny.topology
    skin = body.vertices[: anny.body_vertices]
    texture = np.full((8, 8, 3), 128, np.uint8)
    return Person(
        (MeshLayer("skin", skin, topology.faces, topology.uvs, topology.uv_faces, texture),), body.keypoints, body.reach
    )


def test_bystanders_stand_beside_on_the_same_level(anny, fits):
    poser = Poser(anny, SKELETONS["coco17"])
    subject = poser.pose([fits.bodies.select(0)])[0]
    others = poser.pose(Bystanders.drawn(0).parameters(3, anny.shape_size, 5))
    for body in beside(subject, others, 5):
        assert body.vertices[:, 1].max() == pytest.approx(subject.vertices[:, 1].max(), abs=1e-4)
        assert body.vertices[:, 2].min() > 0.5
        assert abs(np.median(body.vertices[:, 0]) - np.median(subject.vertices[:, 0])) > 0.2


def test_looks_are_shared_in_blocks_and_never_by_shard(monkeypatch):
    for name in ("make_look", "kept_look"):
        monkeypatch.setattr(dressing, name, lambda number, female: Look(f"{number}-{female}", ()))
    shape = np.zeros(12)
    dresser = dressing.WardrobeDresser(0, 4)
    names = [dresser.look(serial, shape, seed=serial * 7 + 1).name for serial in range(128)]
    assert len(set(names[:64])) <= 16
    assert not set(names[:64]) & set(names[64:])
    assert dressing.WardrobeDresser(0, 4).look(33, shape, 33 * 7 + 1).name == names[33]
    own = dressing.WardrobeDresser(0, 1)
    assert own.look(0, shape, 5).name != own.look(1, shape, 6).name
    assert own.look(0, shape - 2, 5).name != own.look(0, shape + 2, 5).name


def test_points_behind_the_camera_are_never_in_the_frame():
    camera = scene(Person((quad_layer(),), np.zeros((1, 3)), np.zeros(1)), light=even_light()).camera
    assert in_frame(project_points(np.array([[0.0, 0.0, -1.0], [0.0, 0.0, 1.0]]), camera), camera).tolist() == [False, True]


def quad_layer() -> MeshLayer:
    faces = np.array([[0, 1, 2]], np.int32)
    return MeshLayer("t", np.eye(3, dtype=np.float32), faces, np.zeros((3, 2), np.float32), faces, np.zeros((4, 4, 3), np.uint8))


@pytest.mark.parametrize(
    ("settings", "name"),
    [(v, "jpeg_quality") for v in ((95, 85), (0, 50), (80, 101))] + [(v, "noise") for v in ((3.5, 0.5), (-1.0, 2.0))],
)
def test_ranges_are_given_lowest_first_and_within_their_bounds(settings, name):
    given = {"sensor": {"noise": settings}} if name == "noise" else {name: settings}
    with pytest.raises(ValidationError, match=f"{name} must be a range"):
        RenderSettings(**given)


def test_a_low_quality_that_is_asked_for_is_taken_one_measured_only_from_30(tmp_path):
    background = np.full((8, 8, 3), 127, np.uint8)
    photograph = tmp_path / "a.jpg"
    Image.fromarray(background).save(photograph, quality=10)

    def quality(photos, **settings):
        draw = SensorDraw(RenderSettings(**settings), photos)
        return draw.draw(np.random.default_rng(0), background, False, 1).jpeg_quality

    assert 5 <= quality((), jpeg_quality=(5, 20)) <= 20
    assert quality([Photograph(photograph)], jpeg_quality=(90, 90)) == 30
