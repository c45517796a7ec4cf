"""Small scenes whose pixels can be worked out by hand."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation

from smpl_assets.body.pose import BodyParameters
from smpl_assets.body.settings import BodySettings
from smpl_assets.inverse.fits import Fits
from smpl_assets.render.protocol import get_backend
from smpl_assets.render.settings import RenderSettings
from smpl_assets.render.studio.jobs import Job, Origin
from smpl_assets.render.studio.people import Poser
from smpl_assets.render.studio.studio import Studio
from smpl_assets.render.table import RENDERERS
from smpl_assets.scene import Camera, Lighting, MeshLayer, Person, SceneSpec
from smpl_assets.skeletons import SKELETONS

SIZE = 64


def even_light(level: float = 1.0) -> Lighting:
    """The same irradiance from everywhere, no key light, no occlusion."""
    harmonics = np.zeros((9, 3), np.float32)
    harmonics[0] = level
    return Lighting(harmonics, np.array([0.0, -1.0, 0.0]), np.zeros(3), 0.0)


def quad(depth: float, side: float, texture: np.ndarray, at: tuple[float, float] = (0.0, 0.0), **more) -> MeshLayer:
    """A square that faces the camera; its texture's first row is at the top, its first column at the left."""
    x, y, h = *at, side / 2
    corners = np.array([[x - h, y - h, depth], [x + h, y - h, depth], [x + h, y + h, depth], [x - h, y + h, depth]], np.float32)
    faces = np.array([[0, 2, 1], [0, 3, 2]], np.int32)
    uvs = np.array([[0, 1], [1, 1], [1, 0], [0, 0]], np.float32)
    return MeshLayer("quad", corners, faces, uvs, faces, texture, **more)


def plain(colour: tuple[int, ...], side: int = 32) -> np.ndarray:
    return np.full((side, side, len(colour)), colour, np.uint8)


def person(*layers: MeshLayer, keypoints: np.ndarray | None = None, reach: float = 0.02) -> Person:
    points = np.zeros((1, 3)) + layers[0].vertices.mean(axis=0) if keypoints is None else keypoints
    return Person(tuple(layers), points, np.full(len(points), reach), "test")


def scene(*people: Person, size: int = SIZE, focal: float = 100.0, light: Lighting | None = None, **more) -> SceneSpec:
    camera = Camera(size, size, np.array([focal, focal, size / 2, size / 2]))
    return SceneSpec(people, camera, light or even_light(), np.full((size, size, 3), 90, np.uint8), **more)


def renderers() -> list[tuple[str, str]]:
    """Every renderer that is installed, on every kind of device there is."""
    devices = ["cpu", "cuda"] if torch.cuda.is_available() else ["cpu"]
    return [(name, device) for name in RENDERERS.installed() for device in devices]


@pytest.fixture(params=renderers(), ids="-".join, scope="session")
def backend(request):
    """Every renderer that is installed."""
    return get_backend(*request.param, 2)


@pytest.fixture(scope="session")
def anny():
    """The default body with its helper geometry."""
    from smpl_assets.body.anny_body import AnnyBody

    return AnnyBody(helpers=True)


@pytest.fixture(scope="session")
def fits(anny):
    """Six fitted people in various postures, each in the middle of a crop of a 640 x 480 photo."""
    return make_fits(anny, 6, 0)


def make_fits(body, count: int, seed: int) -> Fits:
    rng = np.random.default_rng(seed)
    pose = 0.2 * rng.standard_normal((count, 23, 3))
    pose[:, [15, 16], 2] += np.array([-0.9, 0.9])
    pose[:, [3, 4], 0] += rng.uniform(0, 1.2, (count, 2))
    turn = Rotation.from_euler("y", rng.uniform(-1, 1, (count, 1))) * Rotation.from_matrix(np.diag([1.0, -1.0, -1.0]))
    shape = 0.5 * rng.standard_normal((count, body.shape_size))
    transl = np.stack([np.zeros(count), np.zeros(count), rng.uniform(2.5, 4.5, count)], axis=1)
    poser = Poser(body, SKELETONS["coco17"])
    parameters = [BodyParameters(*row) for row in zip(turn.as_rotvec(), pose, shape, transl, strict=True)]
    points = np.stack([p.keypoints for p in poser.pose(parameters)])
    intrinsics = np.tile([500.0, 500.0, 320.0, 240.0], (count, 1))
    pixels = 500.0 * points[..., :2] / points[..., 2:] + [320.0, 240.0]
    low, high = pixels.min(axis=1), pixels.max(axis=1)
    side = 1.4 * (high - low).max(axis=1)
    crops = np.concatenate([(low + high) / 2 - side[:, None] / 2, side[:, None], side[:, None]], axis=1)
    zero = np.zeros(count)
    person, every = np.arange(count) * 3, np.ones(count, bool)
    body_parameters = (turn.as_rotvec(), pose, shape, transl)
    figures = (zero, zero, zero, np.zeros(count, np.int64))
    return Fits(person, every, ("",) * count, *body_parameters, intrinsics, pixels, zero, zero, crops, *figures, "anny")


@pytest.fixture(scope="session")
def dressed_scenes(anny, fits):
    """Three dressed people as the stage would render them."""
    studio = Studio(fits, Origin(SKELETONS["coco17"]), RenderSettings(image_size=128), BodySettings())
    return [sample.scene for sample in studio.prepare([Job(row, 0) for row in range(3)])]


@pytest.fixture(scope="session")
def skins(tmp_path_factory):
    """A folder of two UV images, quick to load."""
    folder = tmp_path_factory.mktemp("skins")
    for name, low in (("a", 60), ("b", 140)):
        cv2.imwrite(
            str(folder / f"{name}.png"), np.random.default_rng(low).integers(low, low + 100, (128, 128, 3)).astype(np.uint8)
        )
    return folder
