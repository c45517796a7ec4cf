"""The stage `start_set`: people of the pose pool, rendered."""

from __future__ import annotations

import numpy as np

from smpl_assets.body.protocol import load_body
from smpl_assets.body.settings import BodySettings
from smpl_assets.inverse.drawn import drawn_fits
from smpl_assets.photographs import Photograph
from smpl_assets.poses.pool import PosePool
from smpl_assets.poses.settings import PoolSettings
from smpl_assets.render.settings import RenderSettings
from smpl_assets.render.stage import render_fits
from smpl_assets.render.studio.jobs import Origin
from smpl_assets.seeds import derive_seed
from smpl_assets.skeletons import SKELETONS
from smpl_assets.work import Bench
from training.start.settings import StartSettings

SHARD = 1000  # images; poses are drawn shard by shard, so it is part of what the set is
SKELETON = SKELETONS["body21"]
VERSION = 1


def render_start(
    items: tuple[int, int], pool: PoolSettings, start: StartSettings, render: RenderSettings, body: BodySettings,
    people_free: tuple[Photograph, ...], bench: Bench,
) -> None:  # fmt: skip
    """Render the images [first, last) of the start set; writes `images.tar`, `labels.npz` and `summary.json`.

    Args:
        items: the range; it begins at a multiple of SHARD.
        pool: poses and views.
        start: the `start` section.
        render: the `render` section; what `start` says too is taken from there.
        body: the body model.
        people_free: photographs without people, for `render.backgrounds = "data"`.
        bench: its seed is the run's.
    """
    first, last = items
    poses = PosePool(pool).sample(last - first, derive_seed(bench.seed, "start", first))
    person = np.arange(first, last)
    model = load_body(body, bench.device)
    fits = drawn_fits(poses, person, model, SKELETON, bench.seed, truncated_share=start.truncated_share)
    own = {n: getattr(start, n) for n in ("image_size", "people", "occluder_share", "images_per_look")}
    settings = render.model_copy(update={**own, "count": 0, "per_pose": 1, "depth": False, "contact_sheet": False})
    render_fits(fits, Origin(SKELETON, poses.label, people_free, 0, last - first), settings, body, bench, layers=False)
