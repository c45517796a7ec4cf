"""Sequences as they are filmed: frames with exact labels of everybody in them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float, Int, UInt8
from scipy.spatial.transform import Rotation

from smpl_assets.body.pose import BodyParameters
from smpl_assets.body.protocol import load_body
from smpl_assets.body.settings import BodySettings
from smpl_assets.motion.walker import Poses
from smpl_assets.render.protocol import RenderOutput, get_backend
from smpl_assets.render.sequences.cast import Cast, Repertoire, draw_cast
from smpl_assets.render.sequences.places import Places
from smpl_assets.render.sequences.settings import SequenceSettings
from smpl_assets.render.sequences.standing import draw_standing
from smpl_assets.render.sequences.view import MARGIN, View, draw_view
from smpl_assets.render.sequences.wardrobe import dress_cast
from smpl_assets.render.settings import RenderSettings
from smpl_assets.render.studio.camera_draw import SensorDraw
from smpl_assets.render.studio.dressing import open_wardrobe
from smpl_assets.render.studio.lighting import estimate_lighting
from smpl_assets.render.studio.people import PosedBody, Poser
from smpl_assets.render.studio.studio import BATCH_ON_CPU, BATCH_ON_GPU, POSED_AT_ONCE
from smpl_assets.scene import Lighting, MeshLayer, Person, SceneSpec
from smpl_assets.seeds import derive_seed, numpy_generator
from smpl_assets.sensor import SensorSpec, add_noise, to_linear, to_srgb
from smpl_assets.skeletons import SKELETONS
from smpl_assets.textures.look import Look, layers_of

SKELETON = SKELETONS["posetrack15"]
MOMENTS = 4  # of a blurred frame's exposure
_BEYOND = 0.3  # of the frame: who is farther outside is not drawn
_EXPOSURE, _LONGEST_S = (0.15, 0.5), 1 / 50  # of the time between frames, and at most


@dataclass(frozen=True)
class FilmedFrame:
    """One frame and everybody who was drawn in it, by their number in the sequence (`ids`).

    keypoints: (P, J, 2) continuous px, of SKELETON; in_frame, seen: (P, J); pixels: (P,) that show each; boxes: (P, 4) xywh
        of those. heads: (P, 4) x0, y0, x1, y1 px of a box around the head. heights: (P,) px, of the person standing.
    """

    image: UInt8[np.ndarray, "height width 3"]
    ids: Int[np.ndarray, " people"]
    keypoints: Float[np.ndarray, "people joints 2"]
    in_frame: Bool[np.ndarray, "people joints"]
    seen: Bool[np.ndarray, "people joints"]
    pixels: Int[np.ndarray, " people"]
    boxes: Float[np.ndarray, "people 4"]
    heads: Float[np.ndarray, "people 4"]
    heights: Float[np.ndarray, " people"]


@dataclass(frozen=True)
class Scenery:
    """What stays the same over a sequence. exposure_s: how long the shutter is open, 0: no blur."""

    cast: Cast
    looks: list[Look]
    view: View
    place: UInt8[np.ndarray, "side side 3"]
    place_name: str
    light: Lighting
    sensor: SensorSpec
    standing: tuple[MeshLayer, ...]
    exposure_s: float
    team: bool
    seed: int


class FilmStudio:
    """What stays the same over all sequences: body, wardrobe, places, renderer."""

    def __init__(
        self, settings: SequenceSettings, render: RenderSettings, body: BodySettings, sensor: SensorDraw, places: Places,
        repertoire: Repertoire, seed: int, device: str = "cpu",
    ) -> None:  # fmt: skip
        """`seed`: of these sequences (a split's own)."""
        self.settings, self.seed, self._shadows = settings, seed, render.shadows
        self.backend = get_backend(render.backend, device, render.supersampling)
        self._batch = render.batch or (BATCH_ON_CPU if device == "cpu" else BATCH_ON_GPU)
        self._quick = get_backend(render.backend, device, 1)
        model, self.dresser = open_wardrobe(render, body, device, seed)
        self.poser = Poser(model, SKELETON, device, POSED_AT_ONCE)
        self._sensor, self._places = sensor, places
        self._body, self._repertoire = load_body(body), repertoire

    def scenery(self, number: int) -> Scenery:
        """Everything that sequence `number` keeps."""
        seed, settings = derive_seed(self.seed, "sequence", number), self.settings
        view, ground = draw_view(settings, numpy_generator(seed, "view"))
        cast = draw_cast(settings, self._body, view, ground, self._repertoire, numpy_generator(seed, "cast"))
        rng = numpy_generator(seed, "scene")
        team = bool(rng.random() < settings.same_shirt_share)
        place, name = self._places.draw(rng, round(MARGIN * max(settings.width, settings.height)))
        light = estimate_lighting(place, rng, self._shadows)
        sensor = replace(self._sensor.draw(rng, place, self._places.captured, seed), motion_px=0.0)
        standing = draw_standing(ground, view, rng) if rng.random() < settings.occluder_share else ()
        blurred = rng.random() < settings.blur_share
        exposure = min(rng.uniform(*_EXPOSURE) * cast.frame_s, _LONGEST_S) if blurred else 0.0
        looks = dress_cast(self.dresser, number, cast.shapes, team, seed)
        return Scenery(cast, looks, view, place, name, light, sensor, standing, exposure, team, seed)

    def film(self, scenery: Scenery) -> Iterator[FilmedFrame]:
        """The frames of a sequence, in order."""
        frames, cast = self.settings.frames, scenery.cast
        moments = MOMENTS if scenery.exposure_s else 1
        within = (np.arange(moments) - (moments - 1) / 2) / moments * scenery.exposure_s
        times = (np.arange(frames)[:, None] * cast.frame_s + within).reshape(-1)
        share = times / max((frames - 1) * cast.frame_s, 1e-9)
        poses = cast.poses(times)
        drawn = self._drawn(scenery, poses, times, share)
        bodies = self._posed(scenery, poses, drawn)
        per_batch = max(1, self._batch // moments) * moments
        for lot in _lots(len(times), per_batch):
            scenes = [self._scene(scenery, bodies, drawn, m, times, share, moments) for m in lot]
            shots = (self.backend if moments == 1 else self._quick).photograph(scenes)
            for first in range(0, len(lot), moments):
                middle = first + moments // 2
                output, scene = shots[middle][0], scenes[middle]
                image = shots[first][1].image if moments == 1 else _exposed([s[1].image for s in shots[first : first + moments]])
                noisy = replace(scenery.sensor, seed=derive_seed(scenery.seed, "noise", lot[first] // moments))
                yield _labelled(add_noise(image, noisy), scene, output, np.flatnonzero(drawn[:, lot[middle]]), scenery)

    def _drawn(
        self, scenery: Scenery, poses: list[Poses], times: Float[np.ndarray, " n"], share: Float[np.ndarray, " n"]
    ) -> Bool[np.ndarray, "people n"]:
        """Who is in or near the frame at each moment; the first one always is drawn."""
        found = np.zeros((len(scenery.cast), len(times)), bool)
        view = scenery.view
        cameras = np.stack([view.camera(s, t).intrinsics for s, t in zip(share, times, strict=True)])
        size = np.array([view.width, view.height])
        for person, (member, own) in enumerate(zip(scenery.cast.members, poses, strict=True)):
            points = view.to_camera(own.joints(member.actor.bones))
            px = cameras[:, None, :2] * points[..., :2] / np.maximum(points[..., 2:], 0.1) + cameras[:, None, 2:]
            near = ((px > -_BEYOND * size) & (px < (1 + _BEYOND) * size)).all(axis=2) & (points[..., 2] > 0.3)
            found[person] = near.any(axis=1)
        found[0] = True
        return found

    def _posed(
        self, scenery: Scenery, poses: list[Poses], drawn: Bool[np.ndarray, "people n"]
    ) -> dict[tuple[int, int], PosedBody]:
        """The bodies that are drawn, by person and moment."""
        view, wanted, keys = scenery.view, [], []
        for person, own in enumerate(poses):
            orient = Rotation.from_matrix(view.camera_from_world @ own.rotations[:, 0]).as_rotvec()
            turns = Rotation.from_matrix(own.rotations[:, 1:].reshape(-1, 3, 3)).as_rotvec().reshape(-1, 23, 3)
            where = view.to_camera(own.place)
            for moment in np.flatnonzero(drawn[person]):
                wanted.append(BodyParameters(orient[moment], turns[moment], scenery.cast.shapes[person], where[moment]))
                keys.append((person, int(moment)))
        found: dict[tuple[int, int], PosedBody] = {}
        for lot in _lots(len(keys), POSED_AT_ONCE):
            found |= zip([keys[i] for i in lot], self.poser.pose([wanted[i] for i in lot]), strict=True)
        return found

    def _scene(
        self, scenery: Scenery, bodies: dict[tuple[int, int], PosedBody], drawn: Bool[np.ndarray, "people n"], moment: int,
        times: Float[np.ndarray, " n"], share: Float[np.ndarray, " n"], moments: int,
    ) -> SceneSpec:  # fmt: skip
        """One moment; noise comes later, on the frame."""
        view, when = scenery.view, (float(share[moment]), float(times[moment]))
        people = []
        for person in np.flatnonzero(drawn[:, moment]).tolist():
            body, look = bodies[person, moment], scenery.looks[person]
            people.append(Person(tuple(layers_of(self.poser.body, body.vertices, look)), body.keypoints, body.reach, look.name))
        return SceneSpec(
            people=tuple(people), camera=view.camera(*when), lighting=scenery.light, background=view.behind(scenery.place, *when),
            background_name=scenery.place_name, occluders=scenery.standing, floor=view.floor if self._shadows else None,
            sensor=replace(scenery.sensor, noise=0.0),
        )  # fmt: skip


def _lots(count: int, size: int) -> list[range]:
    return [range(first, min(first + size, count)) for first in range(0, count, size)]


def _exposed(images: list[UInt8[np.ndarray, "height width 3"]]) -> UInt8[np.ndarray, "height width 3"]:
    """What a sensor sees of several moments: the mean of their light."""
    light = sum(to_linear(image) for image in images) / np.float32(len(images))
    return (to_srgb(np.asarray(light, np.float32)) * np.float32(255) + np.float32(0.5)).astype(np.uint8)


_NECK, _TOP = SKELETON.index("head_bottom"), SKELETON.index("head_top")
_HEAD_LONG, _HEAD_WIDE = 1.04, 0.72  # of the distance from neck to head top


def _labelled(
    image: UInt8[np.ndarray, "height width 3"], scene: SceneSpec, output: RenderOutput, ids: Int[np.ndarray, " people"],
    scenery: Scenery,
) -> FilmedFrame:  # fmt: skip
    points = np.stack([p.keypoints for p in scene.people]).astype(np.float64)
    focal = scene.camera.intrinsics[0]
    pixels = np.bincount(output.owner[output.owner >= 0], minlength=len(ids))
    depth = np.maximum(np.nanmean(points[..., 2], axis=1), 0.1)
    return FilmedFrame(
        image, ids, output.keypoints, output.in_frame, output.seen, pixels, output.bbox,
        _head_boxes(output.keypoints, points, float(focal)), focal * scenery.cast.statures[ids] / depth,
    )  # fmt: skip


def _head_boxes(
    px: Float[np.ndarray, "people joints 2"], points: Float[np.ndarray, "people joints 3"], focal: float
) -> Float[np.ndarray, "people 4"]:
    """Upright boxes (x0, y0, x1, y1) around ellipsoids from neck to head top, px."""
    neck, top = px[:, _NECK], px[:, _TOP]
    long = np.linalg.norm(points[:, _TOP] - points[:, _NECK], axis=1)
    depth = np.maximum(points[:, [_NECK, _TOP], 2].mean(axis=1), 0.1)
    wide = 0.5 * _HEAD_WIDE * focal * long / depth
    axis = 0.5 * _HEAD_LONG * (top - neck)
    along = np.linalg.norm(axis, axis=1, keepdims=True)
    cosine2 = (axis / np.maximum(along, 1e-9)) ** 2
    half = np.sqrt(axis**2 + wide[:, None] ** 2 * (1 - cosine2))
    middle = 0.5 * (neck + top)
    return np.concatenate([middle - half, middle + half], axis=1)
